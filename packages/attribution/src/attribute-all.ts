import { argumentInvalid } from "@hookdict/tensordict";
import { HookedModule } from "@hookdict/core";
import { ComposedContext, type HookingContext } from "@hookdict/contexts";
import type { TensorDict } from "@hookdict/tensordict";
import { noMethods } from "./errors.ts";
import type { AsyncAttributeOptions, AttributeOptions } from "./job.ts";
import { AttributionContext } from "./method.ts";
import { type AttributionPlan, type AttributionPlanOptions, planJobs } from "./plan.ts";
import { runOptions } from "./run-options.ts";
import { runJobs, runJobsAsync } from "./run-jobs.ts";

type Composed<A extends readonly unknown[]> = HookedModule<A, unknown, HookingContext>;

/** The methods' contexts, in the order in which they were composed. @throws UsageError `ATTRIBUTION_NO_METHOD` */
function methodsOf(context: HookingContext): readonly AttributionContext[] {
  const found = contextsOf(context);
  if (found.length === 0) throw noMethods();
  return found;
}

function contextsOf(context: HookingContext): readonly AttributionContext[] {
  if (context instanceof AttributionContext) return [context];
  if (!(context instanceof ComposedContext)) return [];
  return context.parts.flatMap(contextsOf); // whatever was composed
}

/**
 * Attributes with every method of a composed factory; passes that are equal are run once.
 *
 * **Ownership:** borrows the inputs; returns owned, one result for each method in their order.
 *
 * @throws UsageError `ATTRIBUTION_NO_METHOD`; what {@link AttributionModule.attribute} throws.
 * @example
 * const model = hookFunction((x: Tensor) => mul(x, -3));
 * const x = tensor1d([2]);
 * using hooked = compose(new Saliency(), new InputXGradient()).prepare(model);
 * const results = attributeAll(hooked, [x]); // one forward and one backward pass
 * results.map((result) => (result.get(["attr", "input"]) as Tensor).dataSync()[0]); // => [3, -6]
 * for (const result of results) result.dispose();
 */
export function attributeAll<A extends readonly unknown[]>(
  hooked: Composed<A>,
  inputs: A,
  options: AttributeOptions = {},
): TensorDict[] {
  checkHooked("attributeAll", hooked);
  hooked.context.binding.assertLive("attributeAll");
  return runJobs(methodsOf(hooked.context), inputs, runOptions("attributeAll", "attribute", options));
}

/** {@link attributeAll} that lets other work in between runs of the model. **Ownership:** as there. */
export async function attributeAllAsync<A extends readonly unknown[]>(
  hooked: Composed<A>,
  inputs: A,
  options: AsyncAttributeOptions = {},
): Promise<TensorDict[]> {
  checkHooked("attributeAllAsync", hooked);
  hooked.context.binding.assertLive("attributeAllAsync");
  return runJobsAsync(methodsOf(hooked.context), inputs, runOptions("attributeAllAsync", "async", options));
}

/**
 * How often {@link attributeAll} will run the model, forward and backward, and for which methods each pass is: nothing is
 * run.
 *
 * **Ownership:** borrows the inputs; the plan is plain data.
 *
 * @throws UsageError `ATTRIBUTION_NO_METHOD`, `PLAN_SHAPES`; what `attributeAll` throws of arguments.
 * @example
 * const model = hookFunction((x: Tensor) => mul(x, -3));
 * const x = tensor1d([2]);
 * using hooked = compose(new Saliency(), new InputXGradient()).prepare(model);
 * planAll(hooked, [x]).passes; // => [{ methods: ["Saliency", "InputXGradient"], rows: 1, runs: 1, isBackward: true }]
 * x.dispose();
 */
export function planAll<A extends readonly unknown[]>(
  hooked: Composed<A>,
  inputs: A,
  options: AttributionPlanOptions = {},
): AttributionPlan {
  checkHooked("planAll", hooked);
  hooked.context.binding.assertLive("planAll");
  return planJobs(methodsOf(hooked.context), inputs, runOptions("planAll", "plan", options));
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give */
function checkHooked(owner: string, hooked: unknown): void {
  if (!(hooked instanceof HookedModule))
    throw argumentInvalid(owner, "hooked", hooked, "what prepare returns");
}
