import type { BackendValues, DataType, TensorInfo } from "@tensorflow/tfjs-core";

/** The part of the wasm backend that kernels in TypeScript use. */
export interface WasmBackend {
  /** A new tensor in the module's memory; without values its content is whatever was there. */
  makeOutput(shape: number[], dtype: DataType, memoryOffset?: undefined, values?: BackendValues): TensorInfo;
  /** The tensor's values, in place; not for complex64. Any later allocation may move the memory: read it again then. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  /** A copy of the tensor's values. */
  readSync(dataId: object, start?: number, end?: number): BackendValues;
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number; shape: number[]; dtype: DataType } };
  readonly wasm: { readonly HEAPU8: Uint8Array };
  /** Frees a tensor that `makeOutput` or a kernel made. */
  disposeData(dataId: object): boolean;
}
