import type { GatherV2Attrs, KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import type { WasmBackend } from "./backend.ts";
import { emptyOnCpu } from "./empty.ts";

type Params = Parameters<KernelFunc>[0];

/** Has rows of a matrix copied whole; the shipped kernel finds the place of each element, which takes 100 times as long. */
export function registerGather(): void {
  replaceKernel("GatherV2", "wasm", (shipped) => {
    const others = emptyOnCpu("GatherV2", shipped);
    return (params) => gatherRows(params) ?? others(params);
  });
}

/** Nothing where it is not along the first axis, or where an index is out of range, which the shipped kernel reports. */
function gatherRows({ inputs, attrs, backend }: Params): TensorInfo | undefined {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo }; // the op's inputs
  const { axis, batchDims } = attrs as unknown as GatherV2Attrs; // the op's attributes
  if (axis !== 0 || batchDims !== 0 || indices.dtype !== "int32") return undefined;
  if (x.dtype !== "float32" && x.dtype !== "int32") return undefined;
  const wasm = backend as WasmBackend; // `backend` is typed as {}
  const [count = 0, ...row] = x.shape;
  if (wasm.typedArrayFromHeap(indices).some((index) => index < 0 || index >= count)) return undefined;
  const size = row.reduce((product, each) => product * each, 1);
  const out = wasm.makeOutput([...indices.shape, ...row], x.dtype);
  const [from, to] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(out)];
  wasm
    .typedArrayFromHeap(indices)
    .forEach((index, i) => to.set(from.subarray(index * size, (index + 1) * size), i * size));
  return out;
}
