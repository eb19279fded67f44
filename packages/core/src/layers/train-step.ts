import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { GradientPass, withPass } from "../hooks/gradient-pass.ts";
import { engineInternals } from "@hookdict/tensordict/tensors";
import { releaseTape } from "@hookdict/tensordict/tensors";
import type { BatchFunction } from "./guard.ts";

interface LayerVariable {
  read(): Tensor;
}

/**
 * A step of training in which every tapped site gets its gradient, also where nothing upstream is trained: the taps
 * are anchored at the smallest weight that is. If the step throws, the tensors it leaves behind are freed.
 */
export function hookedStep(model: object, step: BatchFunction): BatchFunction {
  return (data) => {
    const metrics = watchMetrics(model);
    try {
      const anchor = smallestWeight(model);
      // In a scope of its own: not every caller has one, and the loss is lost when its gradient fails.
      const run = (): Tensor[] => tidy(() => [...step(data)]);
      return anchor === undefined ? run() : withPass(new GradientPass(anchor), run);
    } catch (error) {
      metrics.free();
      releaseTape();
      throw error;
    } finally {
      metrics.restore();
    }
  };
}

function smallestWeight(model: object): Tensor | undefined {
  const variables = Reflect.get(model, "collectedTrainableWeights") as readonly LayerVariable[] | undefined;
  const weights = (variables ?? []).map((variable) => variable.read());
  return weights.sort((a, b) => a.size - b.size)[0];
}

/**
 * A step keeps the metrics that it computes after the losses, inside the function that is differentiated: when the
 * gradients fail, only the tape still knows them.
 */
function watchMetrics(model: object): { free(): void; restore(): void } {
  const { state } = engineInternals();
  const losses: unknown = Reflect.get(model, "lossFunctions");
  if (!Array.isArray(losses)) return { free: () => undefined, restore: () => undefined };
  const original: unknown = losses[0];
  let start = Infinity;
  losses[0] = (...args: readonly unknown[]): unknown => {
    start = Math.min(start, state.activeTape?.length ?? Infinity);
    return (original as (...args: readonly unknown[]) => unknown)(...args); // compile has put it there
  };
  return {
    free: () => {
      const outputs = (state.activeTape ?? []).slice(start).flatMap((node) => node.outputs);
      for (const tensor of outputs) if (tensor.kept) tensor.dispose();
    },
    restore: () => {
      losses[0] = original;
    },
  };
}
