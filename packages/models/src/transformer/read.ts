import { DTYPES, type TensorEntry, type TensorStore } from "@hookdict/tensordict/io";
import type { Tensor } from "@tensorflow/tfjs-core";
import { tensorDtype, tensorShape, tensorsExtra, tensorsMissing } from "../errors.ts";
import { haveSameValues, type ModelWarning, unembeddingUntied } from "../warnings.ts";
import type { Family } from "./family.ts";
import { Parameters } from "./parameters.ts";
import type { TensorSpec } from "./specs.ts";

/** A tensor to read, and what the file calls it. */
interface Found {
  readonly spec: TensorSpec;
  readonly stored: TensorEntry;
}

/** Two names of one matrix where it is tied: one of them must be there. */
const TIED = ["embed.weight", "unembed.weight"] as const;

/** Stacks are read in pieces of about as many bytes, so that there is no second copy of them. */
const STACK_BYTES = 4 << 20;

/** Buffers that older checkpoints of any family carry along. */
const BUFFERS = /(rotary_emb\.inv_freq|position_ids|\.attn\.(masked_)?bias|masked_bias|attention\.bias)$/;

/**
 * Reads the parameters of a checkpoint, each byte once, at most one tensor's values (of a stack: one piece's) in memory
 * besides those on the backend. Everything is checked before anything is read: none missing, none left over, every shape and dtype right.
 *
 * Where the config ties them and the file has both matrices, they become one if they are equal; if they differ, both are
 * kept, with a warning.
 *
 * **Ownership:** *borrows* the store; *returns owned* tensors by the name of their parameter. When anything fails, those
 * read before are disposed.
 *
 * @throws FormatError `CHECKPOINT_TENSORS_MISSING`, `CHECKPOINT_TENSORS_EXTRA`, `CHECKPOINT_TENSOR_SHAPE`,
 * `CHECKPOINT_TENSOR_DTYPE`.
 */
export async function readParameters<C>(
  store: TensorStore,
  family: Family<C>,
  config: C,
): Promise<{ tensors: Map<string, Tensor>; warnings: ModelWarning[] }> {
  const parameters = new Parameters();
  try {
    const found = findTensors(store, family, config);
    for (const each of found) await readTensor(store, each, parameters);
    const tensors = parameters.finish();
    return { tensors, warnings: isTied(config) ? tie(tensors, found, family.tensors(config)) : [] };
  } catch (error) {
    parameters.dispose();
    throw error;
  }
}

/** A tensor at once; a large stack, such as one of experts, some of its rows after the others. */
async function readTensor(
  store: TensorStore,
  { spec, stored }: Found,
  parameters: Parameters,
): Promise<void> {
  const [rows = 1] = spec.shape;
  const isWhole = spec.layout !== "stacked" || stored.bytes <= STACK_BYTES;
  const count = isWhole ? rows : Math.max(1, Math.floor((STACK_BYTES * rows) / stored.bytes));
  for (let first = 0; first < rows; first += count) {
    const { data } = isWhole
      ? await store.read(stored.name)
      : await store.readRows(stored.name, first, Math.min(count, rows - first));
    parameters.put(spec, data as Float32Array, first); // only floats get through
  }
}

function isTied(config: unknown): boolean {
  return (config as { readonly isTied?: boolean }).isTied === true; // a config is an object
}

/** Makes tied matrices, stored under either name or under both, one. */
function tie(
  tensors: Map<string, Tensor>,
  found: readonly Found[],
  specs: readonly TensorSpec[],
): ModelWarning[] {
  const [embedding, unembedding] = [tensors.get("embed.weight"), tensors.get("unembed.weight")];
  if (unembedding === undefined) return [];
  if (embedding === undefined) {
    const ofEmbedding = specs.find(({ targets }) =>
      targets.some(({ parameter }) => parameter === "embed.weight"),
    );
    const shared = ofEmbedding?.targets.map(({ parameter }) => parameter) ?? [];
    for (const name of shared) tensors.set(name, unembedding);
    return [];
  }
  if (haveSameValues(embedding, unembedding)) {
    tensors.delete("unembed.weight");
    unembedding.dispose();
    return [];
  }
  const stored = (parameter: string): TensorEntry | undefined =>
    found.find(({ spec }) => spec.targets.some((target) => target.parameter === parameter))?.stored;
  const { name = "", file = "" } = stored("unembed.weight") ?? {};
  return [unembeddingUntied(file, name, stored("embed.weight")?.name ?? "")];
}

function findTensors<C>(store: TensorStore, family: Family<C>, config: C): Found[] {
  const { prefix, ignored } = family;
  const left = new Map([...store.entries.values()].map((entry) => [entry.name, entry]));
  const found: Found[] = [];
  const missing: string[] = [];
  // What is missing is named as the file names the others.
  const isBare = ![...left.keys()].some((name) => name.startsWith(prefix));
  const nameOf = ({ name }: TensorSpec, bare = isBare): string =>
    bare && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const specs = family.tensors(config);
  for (const spec of specs) {
    const stored = left.get(spec.name) ?? left.get(nameOf(spec, true));
    if (stored !== undefined) {
      checkEntry(spec, stored);
      left.delete(stored.name);
      found.push({ spec, stored });
    } else if (spec.isOptional !== true) missing.push(nameOf(spec));
  }
  const isEither = ({ targets }: TensorSpec): boolean =>
    targets.some(({ parameter }) => TIED.some((each) => each === parameter));
  const first = specs.find(isEither);
  if (first !== undefined && !found.some(({ spec }) => isEither(spec))) missing.push(nameOf(first));
  if (missing.length > 0) throw tensorsMissing(store.name, missing, missing.length);
  const extra = [...left.keys()].filter((name) => !BUFFERS.test(name) && ignored?.test(name) !== true);
  if (extra.length > 0) throw tensorsExtra(store.name, extra);
  const replaced = specs.flatMap(({ insteadOf }) => (insteadOf === undefined ? [] : [insteadOf]));
  const isThere = new Set(found.map(({ spec }) => spec));
  const unread = new Set(
    replaced.filter((name) => specs.every((spec) => spec.insteadOf !== name || isThere.has(spec))),
  );
  const read = found.filter(({ spec }) => spec.targets.length > 0 && !unread.has(spec.name));
  return read.sort((a, b) => compare(a.stored.file, b.stored.file) || a.stored.offset - b.stored.offset);
}

function checkEntry(spec: TensorSpec, entry: TensorEntry): void {
  const isSame =
    entry.shape.length === spec.shape.length && entry.shape.every((size, axis) => size === spec.shape[axis]);
  if (!isSame) throw tensorShape(entry.file, entry.name, spec.shape, entry.shape);
  if (DTYPES[entry.dtype].host !== "float32") throw tensorDtype(entry.file, entry.name, entry.dtype);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
