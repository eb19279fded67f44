import type { Tensor } from "@tensorflow/tfjs-core";
import type { Hook, HookFunction, HookInfo, HookOptions } from "./hook.ts";
import { argumentInvalid, checkArgument, isTensor, mapTensors } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";

/** Options that do not change what kind of hook it is. */
export type HookFactoryOptions = Omit<HookOptions, "kind">;

/**
 * Builds hooks as values, for `MultiHookManager.register` and `context.hook`. Each throws UsageError `ARGUMENT_INVALID`
 * for what is neither a function nor, in `replace`, a tensor.
 */
export interface HookFactory {
  /** Looks, and cannot change anything: the result is ignored. */
  observe(run: HookFunction, options?: HookFactoryOptions): Hook;
  /**
   * Puts `value`, or what a function of the present value returns, in its place.
   *
   * Gradients flow to `value`. **Ownership:** borrows `value` for as long as the hook is registered.
   */
  replace(value: Tensor | HookFunction, options?: HookFactoryOptions): Hook;
  /** Ends the run at the site, unless `when` returns `false`. */
  stop(when?: HookFunction, options?: HookFactoryOptions): Hook;
  /** Replaces every tensor of the value, whatever its structure, by `change(tensor)`. */
  map(change: (tensor: Tensor, info: HookInfo) => Tensor, options?: HookFactoryOptions): Hook;
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give */
function check(method: string, name: string, fn: unknown, options: unknown): void {
  checkArgument(`HookFactory.${method}`, name, fn, "a function");
  checkArgument(`HookFactory.${method}`, "options", options, "a record");
}

/** See the interface of the same name. */
export const HookFactory: HookFactory = Object.freeze({
  observe(run: HookFunction, options: HookFactoryOptions = {}): Hook {
    check("observe", "run", run, options);
    return { ...options, kind: "observe", run };
  },

  replace(value: Tensor | HookFunction, options: HookFactoryOptions = {}): Hook {
    checkArgument("HookFactory.replace", "options", options, "a record");
    if (typeof value !== "function" && (!isTensor(value) || value.isDisposed))
      throw argumentInvalid(
        "HookFactory.replace",
        "value",
        value,
        "a tensor, or a function of the present value",
      );
    // A clone each time: the run frees what a hook returns.
    const run: HookFunction = typeof value === "function" ? value : () => share(value);
    return { ...options, kind: "replace", run };
  },

  stop(when: HookFunction = () => undefined, options: HookFactoryOptions = {}): Hook {
    check("stop", "when", when, options);
    return { ...options, kind: "stop", run: when };
  },

  map(change: (tensor: Tensor, info: HookInfo) => Tensor, options: HookFactoryOptions = {}): Hook {
    check("map", "change", change, options);
    const run: HookFunction<unknown> = (value, info) =>
      isTensor(value) ? change(value, info) : mapTensors(value, (tensor) => change(tensor, info));
    return { ...options, kind: "replace", run: run }; // a hook states the value that it expects
  },
});
