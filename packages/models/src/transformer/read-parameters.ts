import { DTYPES, type TensorEntry, type TensorStore } from "@hookdict/tensordict/io";
import { keep, stack, type Tensor } from "@tensorflow/tfjs-core";
import { tensorDtype, tensorShape, tensorsExtra, tensorsMissing } from "../errors.ts";
import { disposeAll, keptTensor } from "../ops/kept.ts";
import type { Family } from "./family.ts";
import type { TensorSpec } from "./specs.ts";

/** Elements that are read at a time where their order changes. */
const CHUNK_ELEMENTS = 1 << 18;
/** Buffers that older checkpoints carry along. */
const BUFFER = /(^|\.)(inv_freq|position_ids|masked_bias|attn\.bias|attention\.bias|token_type_ids)$/;

/**
 * Reads a checkpoint's tensors as a family's parameters, each byte once: at most one tensor's values are in memory
 * besides those on the backend.
 *
 * **Ownership:** *borrows* the store; *returns owned* tensors, by parameter. When anything fails, nothing stays behind.
 *
 * @throws FormatError `CHECKPOINT_TENSORS_MISSING`, `CHECKPOINT_TENSORS_EXTRA`, `CHECKPOINT_TENSOR_SHAPE`,
 * `CHECKPOINT_TENSOR_DTYPE`; all before any tensor is read.
 */
export async function readParameters(
  store: TensorStore,
  family: Family,
  specs: readonly TensorSpec[],
): Promise<Map<string, Tensor>> {
  const found = findTensors(store, family, specs);
  const tensors = new Map<string, Tensor>();
  try {
    for (const [spec, entry] of found) {
      for (const [name, tensor] of await readTensors(store, spec, entry)) tensors.set(name, tensor);
    }
    stackRows(tensors);
    return tensors;
  } catch (error) {
    disposeAll(tensors.values());
    throw error;
  }
}

/** Puts `name#0`, `name#1`, ... together as the rows of `name`. */
function stackRows(tensors: Map<string, Tensor>): void {
  const rows = [...tensors.keys()].filter((name) => name.includes("#"));
  for (const name of new Set(rows.map((row) => row.slice(0, row.indexOf("#"))))) {
    const own = rows.filter((row) => row.startsWith(`${name}#`)).map((_, i) => tensors.get(`${name}#${i}`) as Tensor);
    tensors.set(name, keep(stack(own)));
    own.forEach((row, i) => {
      row.dispose();
      tensors.delete(`${name}#${i}`);
    });
  }
}

type Found = readonly (readonly [TensorSpec, TensorEntry])[];

function findTensors(store: TensorStore, family: Family, specs: readonly TensorSpec[]): Found {
  const prefix = family.prefix ?? "";
  const bare = (name: string): string => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  const left = new Map<string, TensorEntry>();
  const twice: string[] = [];
  for (const entry of store.entries.values()) {
    if (left.has(bare(entry.name))) twice.push(entry.name);
    else left.set(bare(entry.name), entry);
  }
  const aliases = new Set(specs.flatMap((spec) => (spec.aliases ?? []).map(bare)));
  const pick = (spec: TensorSpec): TensorEntry | undefined =>
    [spec.name, ...(spec.aliases ?? [])].map((name) => left.get(bare(name))).find((each) => each !== undefined);
  const missing = specs.filter((spec) => pick(spec) === undefined).map(({ name }) => name);
  if (missing.length > 0) throw tensorsMissing(store.name, missing.slice(0, 5), missing.length);
  const found = specs.map((spec) => [spec, pick(spec) as TensorEntry] as const); // none is missing
  for (const [spec, entry] of found) checkEntry(spec, entry);
  const taken = new Set(found.map(([, entry]) => bare(entry.name)));
  const extra = [...left]
    .filter(([name]) => !taken.has(name) && !aliases.has(name))
    .filter(([name]) => !BUFFER.test(name) && family.ignored?.test(name) !== true)
    .map(([, entry]) => entry.name);
  if (twice.length + extra.length > 0) throw tensorsExtra(store.name, [...twice, ...extra]);
  return [...found].sort(([, a], [, b]) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset));
}

function checkEntry(spec: TensorSpec, entry: TensorEntry): void {
  const isSame =
    entry.shape.length === spec.shape.length && entry.shape.every((size, axis) => size === spec.shape[axis]);
  if (!isSame) throw tensorShape(entry.file, entry.name, spec.shape, entry.shape);
  if (DTYPES[entry.dtype].host !== "float32") throw tensorDtype(entry.file, entry.name, entry.dtype);
}

async function readTensors(
  store: TensorStore,
  spec: TensorSpec,
  entry: TensorEntry,
): Promise<[string, Tensor][]> {
  if (spec.layout === "plain") {
    const { data } = await store.read(entry.name);
    return [[spec.parts[0]?.parameter ?? "", keptTensor(data as Float32Array, spec.shape)]]; // checked to be floats
  }
  if (spec.layout !== "stacked") {
    return readUnits(spec, spec.shape, (first, count) => rowsOf(store, entry, first, count));
  }
  const [count = 0, ...shape] = spec.shape;
  const tensors: [string, Tensor][] = [];
  try {
    for (let i = 0; i < count; i++) {
      const data = await rowsOf(store, entry, i, 1);
      const width = shape.slice(1).reduce((product, size) => product * size, 1);
      const made = await readUnits({ ...spec, layout: "in-out" }, shape, (first, rows) =>
        Promise.resolve(shape.length === 1 ? data : data.subarray(first * width, (first + rows) * width)),
      );
      tensors.push(...made.map(([name, tensor]): [string, Tensor] => [name.replace("{}", String(i)), tensor]));
    }
    return tensors;
  } catch (error) {
    disposeAll(tensors.map(([, tensor]) => tensor));
    throw error;
  }
}

async function rowsOf(store: TensorStore, entry: TensorEntry, first: number, count: number): Promise<Float32Array> {
  const isAll = entry.shape.length === 1 || (first === 0 && count === entry.shape[0]);
  const { data } = await (isAll ? store.read(entry.name) : store.readRows(entry.name, first, count));
  return data as Float32Array; // checked to be floats
}

/** Gives output units to the parameters that they belong to. */
async function readUnits(
  spec: TensorSpec,
  shape: readonly number[],
  rows: (first: number, count: number) => Promise<Float32Array>,
): Promise<[string, Tensor][]> {
  const isVector = shape.length === 1;
  const isOutIn = spec.layout === "out-in" && !isVector;
  const [height, width] = isVector ? [1, shape[0] ?? 0] : [shape[0] ?? 0, shape[1] ?? 0];
  const dIn = isOutIn ? width : height;
  const parts = spec.parts.map(({ units }) => ({ units, values: new Float32Array(dIn * units.length) }));
  const owner = parts.flatMap(({ units, values }) =>
    units.map((unit, column) => [unit, { values, column, count: units.length }] as const),
  );
  const places = new Map(owner);
  const step = isVector ? 1 : Math.max(1, Math.floor(CHUNK_ELEMENTS / Math.max(1, width)));
  for (let first = 0; first < height; first += step) {
    const count = Math.min(step, height - first);
    const chunk = await rows(first, count);
    for (let row = 0; row < count; row++) {
      const from = row * width;
      if (isOutIn) {
        const place = places.get(first + row);
        if (place === undefined) continue;
        const { values, column, count: units } = place;
        for (let i = 0; i < width; i++) values[i * units + column] = chunk[from + i] ?? 0;
      } else {
        for (const { units, values } of parts) {
          const to = (first + row) * units.length;
          for (let i = 0; i < units.length; i++) values[to + i] = chunk[from + (units[i] ?? 0)] ?? 0;
        }
      }
    }
  }
  return spec.parts.map(({ parameter, units }, i): [string, Tensor] => [
    parameter,
    keptTensor(parts[i]?.values ?? new Float32Array(), isVector ? [units.length] : [dIn, units.length]),
  ]);
}
