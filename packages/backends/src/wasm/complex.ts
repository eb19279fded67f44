import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./backend.ts";

// The wasm backend has no complex numbers. Its memory holds them as the other backends give them out: real and imaginary
// parts in turn, eight bytes for each pair.

/** Two tensors as the parts of one. */
export const complex: KernelConfig = {
  kernelName: "Complex",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend }) => {
    const { real: re, imag: im } = inputs as { real: TensorInfo; imag: TensorInfo }; // the op's inputs
    const wasm = backend as WasmBackend; // `backend` is typed as {}
    const [a, b] = [wasm.typedArrayFromHeap(re), wasm.typedArrayFromHeap(im)];
    const values = new Float32Array(2 * a.length);
    for (let i = 0; i < a.length; i++) {
      values[2 * i] = a[i] ?? 0;
      values[2 * i + 1] = b[i] ?? 0;
    }
    return wasm.makeOutput(re.shape, "complex64", undefined, values);
  },
};

/** The real parts. */
export const real: KernelConfig = { kernelName: "Real", backendName: "wasm", kernelFunc: takePart(0) };

/** The imaginary parts. */
export const imag: KernelConfig = { kernelName: "Imag", backendName: "wasm", kernelFunc: takePart(1) };

function takePart(offset: 0 | 1): KernelConfig["kernelFunc"] {
  return ({ inputs, backend }) => {
    const { input } = inputs as { input: TensorInfo }; // the op's input
    const wasm = backend as WasmBackend; // `backend` is typed as {}
    const pairs = wasm.readSync(input.dataId) as Float32Array; // complex64, see readComplex
    const out = wasm.makeOutput(input.shape, "float32");
    const values = wasm.typedArrayFromHeap(out);
    for (let i = 0; i < values.length; i++) values[i] = pairs[2 * i + offset] ?? 0;
    return out;
  };
}

/** Makes complex tensors of a started wasm backend readable. */
export function readComplex(wasm: WasmBackend): void {
  const readOthers = wasm.readSync.bind(wasm);
  wasm.readSync = (dataId, start, end) => {
    const { dtype, memoryOffset, shape } = wasm.dataIdMap.get(dataId);
    if (dtype !== "complex64") return readOthers(dataId, start, end);
    const size = shape.reduce((product, each) => product * each, 1);
    const [from, to] = [start ?? 0, end ?? size].map((index) => memoryOffset + index * 8);
    return new Float32Array(wasm.wasm.HEAPU8.slice(from, to).buffer);
  };
}
