import { argumentInvalid, checkArgument } from "../../values/arguments.ts";
import { checkEntry, checkSource } from "../check.ts";
import { complex, tensor, type Tensor } from "@tensorflow/tfjs-core";
import { safetensorsTarget } from "./errors.ts";
import type { ByteSource } from "../source.ts";
import { DECODERS, type HostArray, checkBool } from "./decode.ts";
import { DTYPES, type HostDtype } from "./dtypes.ts";
import { type TensorEntry, elementCount } from "./entry.ts";

/** A tensor's values in memory, not yet on a backend. */
export interface HostTensor {
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  /** Values in row-major order; complex64 as pairs of real and imaginary part. */
  readonly data: HostArray;
}

/** Bytes that are read at a time where they have to be converted. A multiple of every element size. */
const CHUNK_BYTES = 1 << 20;

/**
 * Reads one tensor of a file: float32 and int32 straight into place, the others a mebibyte at a time.
 *
 * **Ownership:** *borrows* `source`; *returns owned* memory.
 *
 * @throws FormatError `SAFETENSORS_INTEGER` for an integer outside int32, `SAFETENSORS_BOOL` for a bool other than 0
 * and 1, `FILE_TRUNCATED` when the file became shorter since its header was read.
 */
export async function readTensor(source: ByteSource, entry: TensorEntry): Promise<HostTensor> {
  checkSource("readTensor", source);
  checkEntry("readTensor", entry, DTYPES);
  const data = allocate(entry);
  await readTensorInto(source, entry, data);
  return { dtype: DTYPES[entry.dtype].host, shape: entry.shape, data };
}

/**
 * Reads one tensor of a file into an array that is there already, such as a part of a larger one.
 *
 * **Ownership:** *borrows* `source` and `target`.
 *
 * @param target As long as the tensor has elements (twice that for complex64), of the kind its element type becomes.
 * @throws UsageError `SAFETENSORS_TARGET` when `target` is of another kind or length; else like {@link readTensor}.
 */
export async function readTensorInto(
  source: ByteSource,
  entry: TensorEntry,
  target: HostArray,
): Promise<void> {
  checkSource("readTensorInto", source);
  checkEntry("readTensorInto", entry, DTYPES);
  checkTarget(entry, target);
  const decode = DECODERS[entry.dtype];
  if (decode === undefined) {
    await source.readInto(new Uint8Array(target.buffer, target.byteOffset, target.byteLength), entry.offset);
    if (entry.dtype === "BOOL") checkBool(target, entry);
    return;
  }
  const scratch = new Uint8Array(Math.min(CHUNK_BYTES, entry.bytes));
  for (let at = 0; at < entry.bytes; at += CHUNK_BYTES) {
    const chunk = scratch.subarray(0, Math.min(CHUNK_BYTES, entry.bytes - at));
    await source.readInto(chunk, entry.offset + at);
    // The last chunk may be shorter than its buffer; `slice` then gives the decoder one that is not.
    const raw = chunk.byteLength === scratch.byteLength ? scratch.buffer : chunk.slice().buffer;
    decode(raw, target, at / DTYPES[entry.dtype].bytes, entry);
  }
}

/**
 * Puts a host tensor on the current backend.
 *
 * **Ownership:** *takes* its data; *returns owned* tensor.
 */
export function toTensor(host: HostTensor): Tensor {
  checkArgument("toTensor", "host", host, "a record");
  if (!ArrayBuffer.isView(host.data))
    throw argumentInvalid("toTensor", "host", host, "{ dtype, shape, data }");
  // tfjs wants a mutable array, and does not change it.
  const shape = host.shape as number[];
  if (host.dtype !== "complex64") return tensor(host.data, shape, host.dtype);
  const half = host.data.length / 2;
  const [reals, imaginary] = [new Float32Array(half), new Float32Array(half)];
  for (let i = 0; i < half; i++) {
    reals[i] = host.data[2 * i] as number; // in range by the bound
    imaginary[i] = host.data[2 * i + 1] as number;
  }
  const re = tensor(reals, shape);
  const im = tensor(imaginary, shape);
  const both = complex(re, im);
  re.dispose();
  im.dispose();
  return both;
}

function allocate(entry: TensorEntry): HostArray {
  const count = elementCount(entry.shape);
  const { host } = DTYPES[entry.dtype];
  if (host === "int32") return new Int32Array(count);
  if (host === "bool") return new Uint8Array(count);
  return new Float32Array(host === "complex64" ? 2 * count : count);
}

function checkTarget(entry: TensorEntry, target: HostArray): void {
  const { host } = DTYPES[entry.dtype];
  const kind = host === "int32" ? Int32Array : host === "bool" ? Uint8Array : Float32Array;
  const length = elementCount(entry.shape) * (host === "complex64" ? 2 : 1);
  if (!(target instanceof kind) || target.length !== length) {
    throw safetensorsTarget(
      entry.file,
      entry.name,
      `${kind.name}(${length})`,
      `${target.constructor.name}(${target.length})`,
    );
  }
}
