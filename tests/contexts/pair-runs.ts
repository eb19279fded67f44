import { countHooks, HookFactory, type HookedModule, MultiHookManager } from "@hookdict/core";
import { isHookdictError, TensorDict } from "@hookdict/tensordict";
import { ComposedContext, compose, type HookingContext, HookingContextWithCache } from "@hookdict/contexts";
import { memory, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../gate/suite.ts";
import type { GradientOutcome } from "./gradient-pairs.ts";
import { type GradientDirection, type Materials, type Member, Weighted } from "./pair-members.ts";
import type { Captured, Pair } from "./pairs.ts";

/** A model with two contexts on it. */
interface Prepared {
  readonly hooked: HookedModule<[Tensor], Tensor>;
  /** In the order of the pair. */
  readonly contexts: readonly HookingContext[];
}
type Prepare = (model: Weighted, materials: Materials) => Prepared;

/** The ways of having two contexts on one model. */
export const WAYS = {
  composed: (first, second) => (model, materials) => {
    const hooked = compose(first.make(materials), second.make(materials)).prepare(model);
    return { hooked, contexts: hooked.context.parts };
  },
  nested: (first, second) => (model, materials) => {
    const below = first.make(materials).prepare(model);
    const above = second.make(materials).prepare(below);
    return { hooked: above, contexts: [below.context, above.context] };
  },
} satisfies Record<string, (first: Member, second: Member) => Prepare>;

/** One call. */
export function callOutcome(prepare: Prepare): Pick<Pair, "captured" | "result" | "passes"> {
  return restores(prepare, "bwd", ({ hooked, contexts }, model, x) => {
    const result = hooked.tryCall(x);
    const value = result.stopped ? null : read(result.output) / 3;
    if (!result.stopped) result.output.dispose();
    return { captured: capturesOf(contexts, "fwd"), result: value, passes: model.passes };
  });
}

/** One backward pass, with the square of the output as the loss; or the code of its error. */
export function backwardOutcome(
  prepare: Prepare,
  direction: GradientDirection,
): (GradientOutcome & Pick<Pair, "passes">) | string {
  return restores(prepare, direction, ({ hooked, contexts }, model, x) => {
    let gradient: number | null = null;
    using watching = new MultiHookManager(model);
    // Something is reached in any case: what comes after `hook_mid`.
    watching.register(
      "hook_last",
      "bwd_pre",
      HookFactory.observe(() => undefined),
    );
    watching.register("hook_first", "bwd_pre", {
      kind: "observe",
      unfired: "ignore",
      run: (value: Tensor) => void (gradient = read(value)),
    });
    const code = codeOf(() => hooked.backward(() => square(hooked.call(x))));
    return code ?? { captured: capturesOf(contexts, direction), gradient, passes: model.passes };
  });
}

/** Runs once, and closes with the three facts: hooks, weights and tensors are as before. */
function restores<T>(
  prepare: Prepare,
  backward: GradientDirection,
  run: (prepared: Prepared, model: Weighted, x: Tensor) => T,
): T {
  using model = new Weighted();
  using source = new TensorDict();
  source.set(["fwd", "hook_mid"], scalar(10));
  source.set([backward, "hook_mid"], scalar(5));
  const x = scalar(2);
  const tensors = memory().numTensors;
  const prepared = prepare(model, { source, backward });
  const result = run(prepared, model, x);
  for (const context of prepared.contexts.toReversed()) context.dispose();
  prepared.hooked.dispose();
  assert.is(countHooks(model), 0);
  assert.is(model.hookSlot, null);
  assert.equal([...model.weight.dataSync()], [3]);
  assert.is(memory().numTensors, tensors);
  x.dispose();
  return result;
}

/** What the contexts hold: values, and gradients of the direction. */
function capturesOf(contexts: readonly HookingContext[], direction: string): Captured {
  const [first, second] = contexts.map((context) => captureOf(context, direction));
  return [first ?? null, second ?? null];
}

function captureOf(context: HookingContext, direction: string): number | null {
  if (context instanceof ComposedContext) return captureOf(context.parts[0] as HookingContext, direction);
  if (!(context instanceof HookingContextWithCache)) return null;
  const key = [
    ["fwd", "hook_mid"],
    [direction, "hook_mid"],
  ].find((each) => context.cache.has(each));
  return key === undefined ? null : read(context.cache.get(key));
}

function read(tensor: Tensor): number {
  return tensor.dataSync()[0] ?? Number.NaN;
}

function codeOf(fn: () => void): string | undefined {
  try {
    fn();
    return undefined;
  } catch (error) {
    if (isHookdictError(error)) return error.code;
    throw error;
  }
}
