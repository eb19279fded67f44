import { DTYPES, type TensorEntry, type TensorStore } from "@hookdict/tensordict/io";
import { tensorDtype, tensorShape, tensorsExtra, tensorsMissing } from "../errors.ts";
import type { GPT2Config } from "./config.ts";
import { countSpecs, EMBEDDING, UNEMBEDDING, type WeightSpec, weightSpecs } from "./weights.ts";

/** A tensor to read, and the name under which the file has it. */
export interface FoundWeight extends WeightSpec {
  readonly stored: TensorEntry;
}

// Causal masks that older checkpoints carry along.
const BUFFER = /^h\.\d+\.attn\.(masked_)?bias$/;
const PREFIX = "transformer.";

/**
 * Finds every weight of the config in a checkpoint, from headers alone: none missing, none left over, every shape and
 * element type right. Names may carry the prefix `transformer.`; stored causal masks are passed over. Of tied embeddings
 * either may be missing.
 *
 * @returns The weights in the order of the files, so that reading goes forward only.
 * @throws FormatError `CHECKPOINT_TENSORS_MISSING`, `CHECKPOINT_TENSORS_EXTRA`, `CHECKPOINT_TENSOR_SHAPE`,
 * `CHECKPOINT_TENSOR_DTYPE`.
 */
export function findWeights(store: TensorStore, config: GPT2Config): FoundWeight[] {
  const { left, twice } = byPlainName(store);
  const specs = tiedSpecs(config, weightSpecs(withinReason(config, store)), left);
  const missing = specs.filter(({ name }) => !left.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw tensorsMissing(store.name, missing, missing.length + countSpecs(config) - specs.length);
  }
  const found = specs.map((spec) => {
    // Those that are missing have been reported.
    const stored = left.get(spec.name) as TensorEntry;
    left.delete(spec.name);
    checkEntry(spec, stored);
    return { ...spec, stored };
  });
  const extra = [...left].filter(([name]) => !BUFFER.test(name)).map(([, entry]) => entry);
  const names = [...twice, ...extra].map(({ name }) => name);
  if (names.length > 0) throw tensorsExtra(store.name, names);
  return found.sort((a, b) => compare(a.stored.file, b.stored.file) || a.stored.offset - b.stored.offset);
}

/** A store's tensors by their names without prefix; `twice` are those whose name was there already. */
function byPlainName(store: TensorStore): { left: Map<string, TensorEntry>; twice: TensorEntry[] } {
  const left = new Map<string, TensorEntry>();
  const twice: TensorEntry[] = [];
  for (const entry of store.entries.values()) {
    const name = plainName(entry.name);
    if (left.has(name)) twice.push(entry);
    else left.set(name, entry);
  }
  return { left, twice };
}

// A config may claim a million layers: beyond as many as there are tensors, some are missing whatever they are called.
function withinReason(config: GPT2Config, store: TensorStore): GPT2Config {
  return { ...config, nLayers: Math.min(config.nLayers, store.entries.size + 1) };
}

function plainName(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** Tied embeddings are stored under either name, or under both. */
function tiedSpecs(
  { tiedEmbeddings: isTied }: GPT2Config,
  specs: readonly WeightSpec[],
  left: ReadonlyMap<string, TensorEntry>,
): readonly WeightSpec[] {
  if (!isTied || !left.has(UNEMBEDDING)) return specs;
  const renamed = specs.map((spec) => (spec.name === EMBEDDING ? { ...spec, name: UNEMBEDDING } : spec));
  return left.has(EMBEDDING) ? [...specs, ...renamed.filter(({ name }) => name === UNEMBEDDING)] : renamed;
}

function checkEntry(spec: WeightSpec, entry: TensorEntry): void {
  const isSame =
    entry.shape.length === spec.shape.length && entry.shape.every((size, axis) => size === spec.shape[axis]);
  if (!isSame) throw tensorShape(entry.file, entry.name, spec.shape, entry.shape);
  if (DTYPES[entry.dtype].host !== "float32") throw tensorDtype(entry.file, entry.name, entry.dtype);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
