import type { BackendValues, DataType, TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmMemory } from "./web-assembly.ts";

/** The part of the wasm backend that kernels in TypeScript use. */
export interface WasmBackend {
  /** A new tensor in the module's memory; without values its content is whatever was there. */
  makeOutput(shape: number[], dtype: DataType, memoryOffset?: undefined, values?: BackendValues): TensorInfo;
  /** The tensor's values, in place; not for complex64. Any later allocation may move the memory: read it again then. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  /** A copy of the tensor's values. */
  readSync(dataId: object, start?: number, end?: number): BackendValues;
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number; shape: number[]; dtype: DataType } };
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    /** Reserves so many bytes. The address is signed: it is negative beyond 2 GiB. */
    _malloc(bytes: number): number;
    /** What the module exports; its memory is among it, unless it is shared with threads. */
    readonly asm: { readonly memory?: WasmMemory };
    /** The memory that is shared with threads. */
    readonly wasmMemory?: WasmMemory;
  };
  /** Frees a tensor that `makeOutput` or a kernel made. */
  disposeData(dataId: object): boolean;
  /** Ends the backend. */
  dispose(): void;
}
