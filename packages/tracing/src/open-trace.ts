import { checkArgument, checkOptionNames } from "@hookdict/tensordict";
import { checkAxes, checkAxis } from "./batch/axis.ts";
import { type Hookable, resolveTarget } from "@hookdict/core";
import type { InputOf } from "./batch/inputs.ts";
import { editedModel } from "./edit.ts";
import type { TraceOptions } from "./options.ts";
import { TraceCore } from "./trace-core.ts";
import { Trace } from "./trace.ts";

const OPTIONS = ["name", "batch", "batchAxes", "resultAxis", "gradients", "stopEarly"];

function check<A extends readonly unknown[], I>(options: TraceOptions<A, I>): void {
  checkOptionNames("openTrace", options, OPTIONS);
  checkArgument("openTrace", "name", options.name, "text?");
  checkArgument("openTrace", "batch", options.batch, "a function?");
  checkArgument("openTrace", "stopEarly", options.stopEarly, "true or false?");
  if (options.batchAxes !== undefined) checkAxes(options.batchAxes);
  checkAxis("openTrace", "resultAxis", options.resultAxis);
}

/**
 * Opens a trace on a model, or on a hooked module: on top of its hooks. Bodies are generator functions: reading a site's
 * output waits until the model gets there, and setting it changes what the model goes on with.
 *
 * @throws UsageError `MODEL_NOT_HOOKABLE`; MatchError `PATTERN_UNMATCHED` for `gradients`.
 * @example
 * class Twice extends Module {
 *   readonly hook_x = new HookPoint();
 *   override forward(x: Tensor): Tensor { return tf.mul(this.hook_x.call(x), 2); }
 * }
 * using trace = openTrace(new Twice());
 * const x = tf.tensor2d([[1]]);
 * const seen = trace.invoke(x, function* (t) {
 *   const before = yield* t.output("hook_x");
 *   yield* t.set("hook_x", tf.add(before, 4));
 *   return before;
 * });
 * trace.run()?.dataSync()[0]; // => 10
 * seen.value.dataSync()[0]; // => 1
 * x.dispose();
 */
export function openTrace<A extends readonly unknown[], O, M, I = InputOf<A>>(
  model: Hookable<A, O, M>,
  options?: TraceOptions<A, I>,
): Trace<A, O, M, I> {
  if (options !== undefined) check(options);
  return new Trace(new TraceCore(resolveTarget(model), options ?? {}, editedModel(model)));
}
