import { add, mean, square, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { HookedModule } from "../../hooked/hooked-module.ts";
import { tensorsOf } from "@hookdict/tensordict";
import { resolveTarget } from "../../targets/resolve.ts";
import type { Hookable } from "../../targets/target.ts";
import { TensorDict } from "@hookdict/tensordict";
import { TinyModule, tinyTokens } from "../tiny-module.ts";

/** A model that a factory is tried on. */
export interface ConformanceSubject {
  readonly model: Hookable;
  /** What the model is called with. */
  readonly args: readonly unknown[];
  /** A float32 scalar of the output, for backward hooks. Default the mean of the squares of its float tensors. */
  readonly loss?: (output: unknown) => Tensor;
  /** Frees the model and the arguments. */
  dispose(): void;
}

/** The default: {@link TinyModule} with its tokens. */
export function tinySubject(): ConformanceSubject {
  const model = new TinyModule();
  const tokens = tinyTokens();
  const dispose = (): void => {
    model.dispose();
    tokens.dispose();
  };
  return { model, args: [tokens], dispose };
}

/** The outputs of a run, tensor by tensor; nothing where it was stopped. */
export type Outputs = readonly (readonly number[])[] | undefined;

/** One run of a hooked module, backward too when there are backward hooks. */
export function runHooked(hooked: HookedModule, subject: ConformanceSubject): Outputs {
  if (!isBackward(hooked)) return callOnce(hooked, subject);
  let outputs: Outputs;
  hooked.backward(() => {
    const output = hooked.call(...subject.args);
    outputs = valuesOf(output);
    return tidy(() => lossOf(output, subject));
  });
  return outputs;
}

/** Whether any hook on the model is a backward one. */
export function isBackward(hooked: HookedModule): boolean {
  return [...hooked.hookTarget().entries].some(({ direction }) => direction.startsWith("bwd"));
}

function callOnce(hooked: HookedModule, { args }: ConformanceSubject): Outputs {
  const result = hooked.tryCall(...args);
  return result.stopped ? undefined : takeValues(result.output);
}

/** A run of the model as it is. */
export function runBare({ model, args }: ConformanceSubject): Outputs {
  return takeValues(resolveTarget(model).call(args));
}

export function lossOf(output: unknown, { loss }: ConformanceSubject): Tensor {
  if (loss !== undefined) return loss(output);
  const terms = tensorsOf(output)
    .filter(({ dtype }) => dtype === "float32")
    .map((tensor) => mean(square(tensor)));
  return terms.reduce((a, b) => add(a, b));
}

function takeValues(output: unknown): Outputs {
  const values = valuesOf(output);
  if (output instanceof TensorDict) output.dispose();
  else for (const tensor of tensorsOf(output)) tensor.dispose();
  return values;
}

function valuesOf(output: unknown): Outputs {
  return tensorsOf(output).map((tensor) => [...tensor.dataSync()]);
}
