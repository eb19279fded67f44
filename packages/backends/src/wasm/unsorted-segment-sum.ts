import type { KernelConfig, TensorInfo, UnsortedSegmentSumAttrs } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./backend.ts";

/** Sums rows of `x` by segment: the gradient of `gather`. Rows of negative segments are left out. */
export const unsortedSegmentSum: KernelConfig = {
  kernelName: "UnsortedSegmentSum",
  backendName: "wasm",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as unknown as { x: TensorInfo; segmentIds: TensorInfo }; // the op's inputs
    const { numSegments } = attrs as unknown as UnsortedSegmentSumAttrs; // the op's attributes
    const wasm = backend as unknown as WasmBackend; // `backend` is typed as {}
    const out = wasm.makeOutput([numSegments, ...x.shape.slice(segmentIds.shape.length)], x.dtype);
    const rows = segmentIds.shape.reduce((product, size) => product * size, 1);
    sumRows(
      wasm.typedArrayFromHeap(x),
      wasm.typedArrayFromHeap(segmentIds),
      wasm.typedArrayFromHeap(out),
      rows,
    );
    return out;
  },
};

type Values = Float32Array | Int32Array | Uint8Array;

function sumRows(values: Values, segments: Values, out: Values, rows: number): void {
  out.fill(0);
  const width = rows === 0 ? 0 : values.length / rows;
  for (let row = 0; row < rows; row++) {
    const segment = segments[row] ?? -1;
    const start = segment * width;
    if (segment < 0 || start >= out.length) continue;
    for (let i = 0; i < width; i++) out[start + i] = (out[start + i] ?? 0) + (values[row * width + i] ?? 0);
  }
}
