export { HookingContext } from "./context.ts";
export { HookingContextWithCache, relativePath } from "./context-with-cache.ts";
export type { Calls, CaptureCallback, CaptureOptions } from "./context-with-cache.ts";
export { HookingContextFactory } from "./factory.ts";
export { Plan } from "./plan/plan.ts";
export type { PlanData, PlannedSite } from "./plan/plan.ts";
export { scan } from "./plan/scan.ts";
export type { Shapes, SiteShapes, TensorShape } from "./plan/scan.ts";
export type { FactoryDescription, PrepareOptions } from "./factory.ts";
