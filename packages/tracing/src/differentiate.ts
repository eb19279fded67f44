import { type Binding, HookedModule, type HookTarget } from "@hookdict/core";
import { addN, type Tensor } from "@tensorflow/tfjs-core";
import { gradientSteps, lossMissing } from "./run/gradient-errors.ts";
import type { TraceRun } from "./run/trace-run.ts";

/** Runs the model, and differentiates the losses of the bodies in one pass, within which gradients are served. */
export function differentiate<A extends readonly unknown[], O, M>(
  target: HookTarget<A, O, M>,
  binding: Binding,
  run: TraceRun,
  args: A,
  drive: ((call: (...args: A) => O, args: A) => unknown) | undefined,
): void {
  const hooked = new HookedModule(target, { binding, dispose: () => undefined });
  let calls = 0;
  const call = (...given: A): O => {
    if (++calls > 1) throw gradientSteps();
    return target.call(given);
  };
  hooked.backward(() => {
    run.serveResult(drive === undefined ? call(...args) : drive(call, args));
    const { scheduler } = run;
    if (scheduler.backward.length === 0) {
      scheduler.end(); // a body that waits for a gradient has a better reason
      throw lossMissing();
    }
    const losses = scheduler.backward.map(({ loss }) => loss as Tensor); // checked when it was asked for
    const [only] = losses;
    const total = losses.length === 1 && only !== undefined ? only : addN(losses);
    scheduler.beginBackward();
    return total;
  });
}
