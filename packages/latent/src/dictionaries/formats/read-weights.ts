import { type HostTensor, openFile, openSafetensors, type SourceDirectory } from "@hookdict/tensordict/io";
import type { DictionaryWeightName, DictionaryWeights } from "../config.ts";
import { weightInvalid } from "../errors.ts";

/** Reads the tensors of a safetensors file that have one of the names. @throws FormatError `FILE_NOT_FOUND`, `SAFETENSORS_*` */
export async function readWeights(
  directory: SourceDirectory,
  file: string,
  names: Readonly<Record<string, DictionaryWeightName>>,
): Promise<DictionaryWeights<HostTensor>> {
  await using store = await openSafetensors(await openFile(directory, file));
  const found: Partial<Record<DictionaryWeightName, HostTensor>> = {};
  for (const [written, name] of Object.entries(names))
    if (store.entries.has(written)) found[name] = checkValues(file, written, await store.read(written));
  return found;
}

/** Values without their shape; `undefined` where there are none of that name. @throws like {@link readWeights} */
export async function readValues(
  directory: SourceDirectory,
  file: string,
  name: string,
): Promise<readonly number[] | undefined> {
  await using store = await openSafetensors(await openFile(directory, file));
  if (!store.entries.has(name)) return undefined;
  return Array.from(checkValues(file, name, await store.read(name)).data);
}

/** A number by itself; `undefined` where there is none of that name. @throws like {@link readWeights} */
export async function readScalar(
  directory: SourceDirectory,
  file: string,
  name: string,
): Promise<number | undefined> {
  const values = await readValues(directory, file, name);
  if (values !== undefined && values.length !== 1)
    throw weightInvalid(file, name, `${values.length} values, not one`);
  return values?.[0];
}

/** @throws FormatError `DICTIONARY_WEIGHT_INVALID` */
export function checkValues(file: string, name: string, tensor: HostTensor): HostTensor {
  if (tensor.dtype !== "float32") throw weightInvalid(file, name, `${tensor.dtype} values`);
  const { data } = tensor;
  for (let at = 0; at < data.length; at++)
    if (!Number.isFinite(data[at])) throw weightInvalid(file, name, `${String(data[at])} at ${at}`);
  return tensor;
}

/** A matrix with rows for columns. */
export function transposed({ dtype, shape, data }: HostTensor): HostTensor {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j] ?? 0;
  return { dtype, shape: [columns, rows], data: turned };
}
