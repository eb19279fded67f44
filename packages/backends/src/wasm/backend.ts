import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";

/** The part of the wasm backend that kernels in TypeScript use. */
export interface WasmBackend {
  /** A new tensor in the module's memory; its content is whatever was there. */
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  /** The tensor's values, in place. Any later allocation may move the memory: read it again then. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
}
