import { memoryDirectory, writeSafetensors } from "@hookdict/tensordict/io";

/** Shape and values of float32 tensors by name. */
export type Tensors = Readonly<
  Record<string, readonly [shape: readonly number[], values: readonly number[]]>
>;

/** A safetensors file. */
export async function weightsOf(tensors: Tensors): Promise<Uint8Array> {
  const directory = memoryDirectory("memory");
  const items = Object.entries(tensors).map(([name, [shape, values]]) => ({
    name,
    dtype: "F32" as const,
    shape,
    data: Float32Array.from(values),
  }));
  await writeSafetensors(await directory.create("w"), items as never);
  return directory.files.get("w") as Uint8Array; // just written
}

/** A file of arrays as `numpy.savez` writes it. */
export function npzOf(tensors: Tensors): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, [shape, values]] of Object.entries(tensors)) {
    const file = new TextEncoder().encode(`${name}.npy`);
    const array = npyOf(shape, values);
    const local = record(30, [[0, 0x04034b50]], [[26, file.length]]);
    const sizes = [[20, array.length], [24, array.length], [42, at]] as const; // prettier-ignore
    directory.push(record(46, [[0, 0x02014b50], ...sizes], [[28, file.length]]), file);
    parts.push(local, file, array);
    at += local.length + file.length + array.length;
  }
  const bytes = directory.reduce((sum, { length }) => sum + length, 0);
  const count = Object.keys(tensors).length;
  const end = record(22, [[0, 0x06054b50], [12, bytes], [16, at]], [[10, count]]); // prettier-ignore
  return Uint8Array.from([...parts, ...directory, end].flatMap((part) => [...part]));
}

function npyOf(shape: readonly number[], values: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = new TextEncoder().encode(
    `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }\n`,
  );
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    header.length & 255,
    header.length >> 8,
    ...header,
    ...data,
  ]);
}

type Fields = readonly (readonly [at: number, value: number])[];

function record(length: number, longs: Fields, shorts: Fields): Uint8Array {
  const view = new DataView(new ArrayBuffer(length));
  for (const [at, value] of longs) view.setUint32(at, value, true);
  for (const [at, value] of shorts) view.setUint16(at, value, true);
  return new Uint8Array(view.buffer);
}
