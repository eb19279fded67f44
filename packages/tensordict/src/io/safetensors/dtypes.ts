/** Element types of safetensors files that are read and written here. */
export type SafetensorsDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL"
  | "C64";

/** Element types of tensors in memory: TensorFlow.js's, without strings. */
export type HostDtype = "float32" | "int32" | "bool" | "complex64";

/** What is known about one element type. */
export interface DtypeInfo {
  /** Bytes per element in the file. */
  readonly bytes: number;
  /** What it becomes in memory. */
  readonly host: HostDtype;
}

/**
 * Element types: size in the file, and what they become in memory.
 *
 * `F16` and `BF16` widen exactly; `F64` is rounded to float32; integers become int32, and a value outside its range is
 * an error; `BOOL` must be 0 or 1; `C64` is pairs of float32.
 */
export const DTYPES: Readonly<Record<SafetensorsDtype, DtypeInfo>> = {
  F64: { bytes: 8, host: "float32" },
  F32: { bytes: 4, host: "float32" },
  F16: { bytes: 2, host: "float32" },
  BF16: { bytes: 2, host: "float32" },
  I64: { bytes: 8, host: "int32" },
  I32: { bytes: 4, host: "int32" },
  I16: { bytes: 2, host: "int32" },
  I8: { bytes: 1, host: "int32" },
  U64: { bytes: 8, host: "int32" },
  U32: { bytes: 4, host: "int32" },
  U16: { bytes: 2, host: "int32" },
  U8: { bytes: 1, host: "int32" },
  BOOL: { bytes: 1, host: "bool" },
  C64: { bytes: 8, host: "complex64" },
};

/** Whether `name` is an element type that is known here. */
export function isSafetensorsDtype(name: unknown): name is SafetensorsDtype {
  return typeof name === "string" && Object.hasOwn(DTYPES, name);
}
