import {
  type KernelFunc,
  type SumAttrs,
  type TensorInfo,
  type TransposeAttrs,
  util,
} from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import type { WasmBackend } from "./backend.ts";

type Call = Parameters<KernelFunc>[0];

/**
 * Has tensors without elements transposed, which the shipped kernel divides by the size of, and summed, which it leaves
 * what was in memory for.
 */
export function registerEmpty(): void {
  replace("Transpose", transpose);
  replace("Sum", (x, call) => reduce(x, call, x.dtype));
  replace("Mean", (x, call) => reduce(x, call, "float32"));
}

function replace(name: string, compute: (x: TensorInfo, call: Call) => TensorInfo): void {
  replaceKernel(name, "wasm", (shipped) => (call) => {
    const { x } = call.inputs as { x: TensorInfo }; // the op's input
    return x.shape.includes(0) ? compute(x, call) : shipped(call);
  });
}

function transpose(x: TensorInfo, { attrs, backend }: Call): TensorInfo {
  const { perm } = attrs as unknown as TransposeAttrs; // the op's attribute
  const shape = perm.map((axis) => x.shape[axis] ?? 0);
  return (backend as WasmBackend).makeOutput(shape, x.dtype); // `backend` is typed as {}
}

/** A sum of nothing is 0, and so is a mean on `cpu`. */
function reduce(x: TensorInfo, { attrs, backend }: Call, dtype: TensorInfo["dtype"]): TensorInfo {
  const { axis, keepDims } = attrs as unknown as SumAttrs; // the op's attributes
  const axes = util.parseAxisParam(axis, x.shape);
  const shape = x.shape.flatMap((size, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [size]));
  const wasm = backend as WasmBackend; // `backend` is typed as {}
  const out = wasm.makeOutput(shape, dtype);
  wasm.typedArrayFromHeap(out).fill(0);
  return out;
}
