import type { KernelFunc, TensorInfo, TransposeAttrs } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import type { WasmBackend } from "./backend.ts";

/** Has tensors without elements transposed; the shipped kernel divides by their size. */
export function registerTranspose(): void {
  replaceKernel("Transpose", "wasm", (shipped) => (params) => transposeEmpty(params) ?? shipped(params));
}

function transposeEmpty({ inputs, attrs, backend }: Parameters<KernelFunc>[0]): TensorInfo | undefined {
  const { x } = inputs as { x: TensorInfo }; // the op's input
  if (!x.shape.includes(0)) return undefined;
  const { perm } = attrs as unknown as TransposeAttrs; // the op's attribute
  const wasm = backend as WasmBackend; // `backend` is typed as {}
  return wasm.makeOutput(
    perm.map((axis) => x.shape[axis] ?? 0),
    x.dtype,
  );
}
