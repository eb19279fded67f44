import {
  type Direction,
  type Hook,
  type Hookable,
  type HookInfo,
  isDirection,
  type Pattern,
} from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkOptions } from "../define/check-options.ts";
import { lossMissing, placedHookInvalid } from "../errors.ts";
import type { HookingContext } from "../context.ts";
import { type FactoryDescription, HookingContextFactory } from "../factory.ts";
import { callWithLoss, LOSS } from "./loss.ts";
import { checkArguments, RunFactory } from "./run-factory.ts";

/**
 * A function in a list of hooks, given a tensor. One that is given something else (a tuple, a TensorDict) stands in a
 * {@link Hook}: `{ run: (value: TensorDict) => ... }`.
 */
export type PlacedFunction = {
  run(value: Tensor, info: HookInfo): unknown;
}["run"];

/** A hook with its place: `["**.hook_z", hook]`, or with a direction other than `fwd`: `["**.hook_z", "bwd", hook]`. */
export type PlacedHook =
  | readonly [pattern: Pattern, hook: Hook | PlacedFunction]
  | readonly [pattern: Pattern, direction: Direction, hook: Hook | PlacedFunction];

/** Options of {@link runWithHooks}. */
export interface RunWithHooksOptions<O> {
  /** A float32 scalar made of the output. When given, a backward pass follows, in which backward hooks fire. */
  readonly loss?: (output: O) => Tensor;
}

/**
 * Runs a model once with hooks, which are gone afterwards.
 *
 * **Ownership:** borrows the arguments; returns owned.
 *
 * @throws UsageError `ARGUMENTS_INVALID`, `PLACED_HOOK_INVALID`, `LOSS_MISSING` for backward hooks without a loss; MatchError `PATTERN_UNMATCHED`; HookError.
 * @example no-run
 * runWithHooks(model, [tokens], [["blocks.0.hook_resid_pre", (resid) => mul(resid, 2)]]);
 */
export function runWithHooks<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  hooks: readonly PlacedHook[],
  options: RunWithHooksOptions<O> = {},
): O {
  const { loss } = checkOptions("runWithHooks", LOSS, options) as RunWithHooksOptions<O>; // just checked
  checkArguments("runWithHooks", args);
  using hooked = hooksFactory("runWithHooks", hooks, loss !== undefined).prepare(model);
  return loss === undefined ? hooked.call(...args) : callWithLoss(hooked, args, loss);
}

/**
 * {@link runWithHooks} for models that wait while they run. Other models take it as well.
 *
 * **Ownership:** borrows the arguments until it is done; returns owned.
 *
 * @throws like `runWithHooks`, in the promise; UsageError `LOSS_MISSING` for backward hooks: a backward pass cannot wait.
 */
export async function runWithHooksAsync<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  hooks: readonly PlacedHook[],
): Promise<O> {
  checkArguments("runWithHooksAsync", args);
  using hooked = hooksFactory("runWithHooksAsync", hooks, false).prepare(model);
  return await hooked.callAsync(...args);
}

function hooksFactory(fn: string, hooks: readonly PlacedHook[], hasLoss: boolean): RunFactory {
  if (!Array.isArray(hooks)) throw placedHookInvalid(fn, hooks);
  const placed = hooks.map((hook) => placedHook(fn, hook));
  return new RunFactory(fn, (context) => {
    for (const { pattern, direction, hook } of placed) {
      if (direction.startsWith("bwd") && !hasLoss)
        throw lossMissing(
          fn,
          "a hook with the direction",
          direction,
          fn.endsWith("Async") ? WAITS : undefined,
        );
      context.hook(pattern, direction, hook);
    }
  });
}

const WAITS = "A backward pass cannot wait: use runWithHooks, with { loss: (output) => scalar }.";

function placedHook(
  fn: string,
  placed: PlacedHook,
): { readonly pattern: Pattern; readonly direction: Direction; readonly hook: Hook | PlacedFunction } {
  if (!Array.isArray(placed) || placed.length < 2 || placed.length > 3) throw placedHookInvalid(fn, placed);
  const [pattern, direction, hook] = placed.length === 3 ? placed : ([placed[0], "fwd", placed[1]] as const);
  if (!isDirection(direction)) throw placedHookInvalid(fn, placed);
  return { pattern, direction, hook };
}

/**
 * Hooks with their places as a factory, to be prepared, composed and compared like any other. A backward one fires when
 * a gradient is computed.
 *
 * @throws UsageError `PLACED_HOOK_INVALID`
 * @example no-run
 * using hooked = compose(hooksAt(["blocks.0.hook_resid_pre", (resid) => mul(resid, 2)]), new ActivationCaching("**.hook_z")).prepare(model);
 */
export function hooksAt(...hooks: readonly PlacedHook[]): HookingContextFactory {
  return new PlacedHooks(hooks);
}

class PlacedHooks extends HookingContextFactory {
  readonly #hooks: readonly PlacedHook[];

  constructor(hooks: readonly PlacedHook[]) {
    super();
    for (const hook of hooks) placedHook("hooksAt", hook);
    this.#hooks = [...hooks];
  }

  override describe(): FactoryDescription {
    return { name: "hooksAt", options: { hooks: this.#hooks } };
  }

  protected override setUp(context: HookingContext): void {
    for (const placed of this.#hooks) {
      const { pattern, direction, hook } = placedHook("hooksAt", placed);
      context.hook(pattern, direction, hook);
    }
  }
}
