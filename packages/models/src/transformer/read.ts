import { DTYPES, type TensorEntry, type TensorStore } from "@hookdict/tensordict/io";
import type { Tensor } from "@tensorflow/tfjs-core";
import { tensorDtype, tensorShape, tensorsExtra, tensorsMissing } from "../errors.ts";
import { disposeAll, keptTensor } from "../ops/kept.ts";
import { haveSameValues, type ModelWarning, unembeddingUntied } from "../warnings.ts";
import type { Family } from "./family.ts";
import type { Target, TensorSpec } from "./specs.ts";

/** A tensor to read, and what the file calls it. */
interface Found {
  readonly spec: TensorSpec;
  readonly stored: TensorEntry;
}

/** Two names of one matrix where it is tied: one of them must be there. */
const TIED = ["embed.weight", "unembed.weight"] as const;

/** Buffers that older checkpoints of any family carry along. */
const BUFFERS = /(rotary_emb\.inv_freq|position_ids|\.attn\.(masked_)?bias|masked_bias|attention\.bias)$/;

/**
 * Reads the parameters of a checkpoint, each byte once, at most one tensor's values in memory besides those on the
 * backend. Everything is checked before anything is read: none missing, none left over, every shape and dtype right.
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
  const tensors = new Map<string, Tensor>();
  const rows = new Map<string, Float32Array[]>();
  try {
    const found = findTensors(store, family, config);
    for (const { spec, stored } of found) {
      const { data } = await store.read(stored.name);
      put(tensors, rows, spec, data as Float32Array); // only floats get through
    }
    for (const [parameter, parts] of rows) tensors.set(parameter, joinRows(parts));
    return { tensors, warnings: isTied(config) ? tie(tensors, found, family.tensors(config)) : [] };
  } catch (error) {
    disposeAll([...tensors.values()]);
    throw error;
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

function put(
  tensors: Map<string, Tensor>,
  rows: Map<string, Float32Array[]>,
  spec: TensorSpec,
  data: Float32Array,
): void {
  let whole: Tensor | undefined;
  for (const target of spec.targets) {
    const { parameter, row, outputs, index } = target;
    if (row !== undefined) {
      const parts = rows.get(parameter) ?? [];
      parts[row.index] = data;
      rows.set(parameter, parts);
      continue;
    }
    const isWhole = outputs === undefined && index === undefined;
    const made = isWhole && whole !== undefined ? whole : place(spec, data, target);
    if (isWhole) whole = made;
    tensors.set(parameter, made);
  }
}

function joinRows(parts: readonly Float32Array[]): Tensor {
  const width = parts[0]?.length ?? 0;
  const values = new Float32Array(parts.length * width);
  parts.forEach((part, i) => values.set(part, i * width));
  return keptTensor(values, [parts.length, width]);
}

function findTensors<C>(store: TensorStore, family: Family<C>, config: C): Found[] {
  const { prefix, ignored } = family;
  const left = new Map([...store.entries.values()].map((entry) => [entry.name, entry]));
  const found: Found[] = [];
  const missing: string[] = [];
  const specs = family.tensors(config);
  for (const spec of specs) {
    const bare = spec.name.startsWith(prefix) ? spec.name.slice(prefix.length) : spec.name;
    const stored = left.get(spec.name) ?? left.get(bare);
    if (stored !== undefined) {
      checkEntry(spec, stored);
      left.delete(stored.name);
      found.push({ spec, stored });
    } else if (spec.isOptional !== true) missing.push(spec.name);
  }
  const isEither = ({ targets }: TensorSpec): boolean =>
    targets.some(({ parameter }) => TIED.some((each) => each === parameter));
  const first = specs.find(isEither);
  if (first !== undefined && !found.some(({ spec }) => isEither(spec))) missing.push(first.name);
  if (missing.length > 0) throw tensorsMissing(store.name, missing, missing.length);
  const extra = [...left.keys()].filter((name) => !BUFFERS.test(name) && ignored?.test(name) !== true);
  if (extra.length > 0) throw tensorsExtra(store.name, extra);
  return found.sort((a, b) => compare(a.stored.file, b.stored.file) || a.stored.offset - b.stored.offset);
}

function checkEntry(spec: TensorSpec, entry: TensorEntry): void {
  const isSame =
    entry.shape.length === spec.shape.length && entry.shape.every((size, axis) => size === spec.shape[axis]);
  if (!isSame) throw tensorShape(entry.file, entry.name, spec.shape, entry.shape);
  if (DTYPES[entry.dtype].host !== "float32") throw tensorDtype(entry.file, entry.name, entry.dtype);
}

/** The values of one parameter, as a tensor of its own. */
function place(spec: TensorSpec, data: Float32Array, target: Target): Tensor {
  if (spec.layout === "stacked") {
    const [count = 1, ...shape] = spec.shape;
    const size = data.length / count;
    const begin = (target.index ?? 0) * size;
    const layout = shape.length === 1 ? "plain" : "inOut";
    return place({ ...spec, shape, layout }, data.slice(begin, begin + size), target);
  }
  const { outputs, reshape } = target;
  const { layout, shape, plus } = spec;
  if (layout !== "plain") return placeMatrix(spec, data, outputs);
  const values = outputs === undefined ? data : Float32Array.from(outputs, (at) => data[at] ?? Number.NaN);
  const moved = plus === undefined ? values : values.map((each) => each + plus);
  return keptTensor(moved, reshape ?? (outputs === undefined ? shape : [outputs.length]));
}

function placeMatrix(
  { layout, shape }: TensorSpec,
  data: Float32Array,
  outputs: readonly number[] | undefined,
): Tensor {
  const [rows = 0, ...inner] = shape; // a convolution's inputs have several axes
  const columns = inner.reduce((product, size) => product * size, 1);
  const [input, out] = layout === "outIn" ? [columns, rows] : [rows, columns];
  if (layout === "inOut" && outputs === undefined) return keptTensor(data, shape);
  const width = outputs?.length ?? out;
  const values = new Float32Array(input * width);
  for (let column = 0; column < width; column++) {
    const from = outputs?.[column] ?? column;
    for (let row = 0; row < input; row++)
      values[row * width + column] =
        (layout === "outIn" ? data[from * input + row] : data[row * out + from]) ?? Number.NaN;
  }
  return keptTensor(values, [input, width]);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
