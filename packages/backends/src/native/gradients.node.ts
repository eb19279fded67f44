import {
  backend_util,
  type KernelFunc,
  type MaxPoolGradAttrs,
  registerKernel,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import { attributesOf, type Call, inputsOf } from "./call.ts";
import { Operations } from "./operations.node.ts";

// Kernels of backward passes, run by operations of native/kernels/gradients.h.

/** Has the backend `tensorflow` run what the library of `native/kernels`, which must be loaded, does in one operation. */
export function registerFusedGradients(): void {
  for (const [kernelName, kernelFunc] of Object.entries(FUSED))
    registerKernel({ kernelName, backendName: "tensorflow", kernelFunc });
  replaceKernel("Step", "tensorflow", step);
  replaceKernel("MaxPoolGrad", "tensorflow", maxPoolGrad);
}

const FUSED: Readonly<Record<string, KernelFunc>> = {
  HookdictGeluGrad: geluGrad,
  HookdictNormalizeGrad: normalizeGrad,
  HookdictDeviationGrad: deviationGrad,
};

function geluGrad(call: Call): TensorInfo {
  const { dy, x } = inputsOf<Record<"dy" | "x", TensorInfo>>(call);
  using run = new Operations(call.backend);
  return run.give("HookdictGeluGrad", run.inputs(dy, x));
}

function normalizeGrad(call: Call): TensorInfo[] {
  const { dy, x, scale } = inputsOf<Record<"dy" | "x" | "scale", TensorInfo>>(call);
  using run = new Operations(call.backend);
  return run.giveAll("HookdictNormalizeGrad", run.inputs(dy, x, scale), {}, 2);
}

function deviationGrad(call: Call): TensorInfo {
  const { dscale, x } = inputsOf<Record<"dscale" | "x", TensorInfo>>(call);
  const floats = attributesOf<{ epsilon: number }>(call);
  using run = new Operations(call.backend);
  return run.give("HookdictDeviationGrad", run.inputs(dscale, x), { floats });
}

/** The slope of ReLU: TensorFlow.js takes six operations for it. */
function step(original: KernelFunc): KernelFunc {
  return (call) => {
    const { x } = inputsOf<{ x: TensorInfo }>(call);
    if (x.dtype !== "float32") return original(call);
    using run = new Operations(call.backend);
    return run.give("HookdictStep", run.inputs(x), { floats: attributesOf<{ alpha: number }>(call) });
  };
}

/** TensorFlow's looks for the largest again, number by number; here it is found by what the pooling gave, row by row. */
function maxPoolGrad(original: KernelFunc): KernelFunc {
  return (call) => {
    const { dy, input, output } = inputsOf<Record<"dy" | "input" | "output", TensorInfo>>(call);
    if ([dy, input, output].some(({ dtype }) => dtype !== "float32")) return original(call);
    const { filterSize, strides, pad, dimRoundingMode } = attributesOf<MaxPoolGradAttrs>(call);
    const shape = input.shape as [number, number, number, number];
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const integers = {
      height: info.filterHeight,
      width: info.filterWidth,
      down: info.strideHeight,
      right: info.strideWidth,
      top: info.padInfo.top,
      left: info.padInfo.left,
    };
    using run = new Operations(call.backend);
    return run.give("HookdictMaxPoolGrad", run.inputs(dy, input, output), { integers });
  };
}
