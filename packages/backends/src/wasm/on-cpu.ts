import {
  type BackendValues,
  type DataType,
  engine,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./backend.ts";

/** The part of the cpu backend that is used here. */
interface CpuBackend {
  /** Whether the next tensor prints advice on other backends. */
  firstUse: boolean;
  makeTensorInfo(shape: number[], dtype: DataType, values: BackendValues): TensorInfo;
  disposeIntermediateTensorInfo(tensor: TensorInfo): void;
  readSync(dataId: object): BackendValues;
}

/**
 * A kernel that the wasm backend lacks, computed by the cpu backend's code of the same name on copies: right, but no
 * faster than the cpu backend.
 */
export function onCpu(kernelName: string): KernelConfig {
  return {
    kernelName,
    backendName: "wasm",
    kernelFunc: (args) => {
      const wasm = args.backend as WasmBackend; // `backend` is typed as {}
      const cpu = engine().findBackend("cpu") as unknown as CpuBackend; // typed as its base class
      cpu.firstUse = false;
      const copies = Object.entries(args.inputs).flatMap(([name, value]) =>
        // Some kernels ask for the rank, which tensors have and their infos do not.
        isTensorInfo(value)
          ? [[name, { ...copyIn(value, wasm, cpu), rank: value.shape.length }] as const]
          : [],
      );
      const inputs = Array.isArray(args.inputs) ? copies.map(([, copy]) => copy) : Object.fromEntries(copies);
      const results = cpuKernel(kernelName)({
        inputs: inputs as typeof args.inputs,
        attrs: args.attrs ?? {},
        backend: cpu,
      });
      for (const [, copy] of copies) cpu.disposeIntermediateTensorInfo(copy);
      return Array.isArray(results)
        ? results.map((result) => copyOut(result, wasm, cpu))
        : copyOut(results, wasm, cpu);
    },
  };
}

function cpuKernel(name: string): KernelFunc {
  const kernel = getKernel(name, "cpu");
  if (kernel === undefined) throw new Error(`the cpu backend has no kernel ${name}`);
  return kernel.kernelFunc;
}

function isTensorInfo(value: unknown): value is TensorInfo {
  return typeof value === "object" && value !== null && "dataId" in value;
}

function copyIn(tensor: TensorInfo, wasm: WasmBackend, cpu: CpuBackend): TensorInfo {
  const values = wasm.readSync(tensor.dataId);
  if (tensor.dtype !== "complex64") return cpu.makeTensorInfo(tensor.shape, tensor.dtype, values);
  const pairs = values as Float32Array; // complex64
  const part = (offset: number): TensorInfo =>
    cpu.makeTensorInfo(
      tensor.shape,
      "float32",
      pairs.filter((_, i) => i % 2 === offset),
    );
  const parts = { real: part(0), imag: part(1) };
  const joined = cpuKernel("Complex")({ inputs: parts, attrs: {}, backend: cpu }) as TensorInfo; // it has one output
  for (const each of Object.values(parts)) cpu.disposeIntermediateTensorInfo(each);
  return joined;
}

function copyOut(tensor: TensorInfo, wasm: WasmBackend, cpu: CpuBackend): TensorInfo {
  const out = wasm.makeOutput(tensor.shape, tensor.dtype, undefined, cpu.readSync(tensor.dataId));
  cpu.disposeIntermediateTensorInfo(tensor);
  return out;
}
