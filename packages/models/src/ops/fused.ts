import { isTaping } from "@hookdict/tensordict/tensors";
import {
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** Kernels that `@hookdict/backends` registers where one operation can do the work of several. */
export type FusedKernel =
  | "HookdictLinear"
  | "HookdictLinearTransposed"
  | "HookdictEmbed"
  | "HookdictLayerNorm"
  | "HookdictRmsNorm"
  | "HookdictGelu"
  | "HookdictGated"
  | "HookdictRotate"
  | "HookdictScores"
  | "HookdictValues"
  | "HookdictGeluGrad"
  | "HookdictNormalizeGrad"
  | "HookdictDeviationGrad"
  | "HookdictProjections"
  | "HookdictNormProjections"
  | "HookdictMlp"
  | "HookdictAttend"
  | "HookdictWriteColumns"
  | "HookdictWriteRows"
  | "HookdictCopy";

/**
 * What the active backend's kernel gives; `undefined` where it has none of that name.
 *
 * **Ownership:** *borrows* the inputs; *returns owned*.
 */
export function runFused(
  kernel: FusedKernel,
  inputs: NamedTensorMap,
  attributes: NamedAttrMap = {},
): Tensor[] | undefined {
  if (!hasFused(kernel)) return undefined;
  const outputs: Tensor | Tensor[] = engine().runKernel(kernel, inputs, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** {@link runFused} of a kernel of backward passes; `undefined`, too, where its own derivative may be asked for. */
export function runFusedGradient(
  kernel: FusedKernel,
  inputs: NamedTensorMap,
  attributes: NamedAttrMap = {},
): Tensor[] | undefined {
  return isTaping() ? undefined : runFused(kernel, inputs, attributes);
}

/** Whether the active backend has the kernel. */
export function hasFused(kernel: FusedKernel): boolean {
  return getKernel(kernel, getBackend()) !== undefined;
}
