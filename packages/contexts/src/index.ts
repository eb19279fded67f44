export { compose, ComposedContext, ComposedFactory } from "./compose.ts";
export type { ContextOf, ContextsOf, Factories } from "./compose.ts";
export { HookingContext } from "./context.ts";
export { HookingContextWithCache, refillerOf, relativePath } from "./context-with-cache.ts";
export type { CaptureCallback, CaptureOptions, Passes } from "./context-with-cache.ts";
export { checkOptions } from "./define/check-options.ts";
export { defineContext } from "./define/define-context.ts";
export type { CapturingDefinition, ContextDefinition, PlainDefinition } from "./define/define-context.ts";
export { Option, option } from "./define/option.ts";
export type { NumberBounds, OptionFault, OptionKinds, Presence } from "./define/option.ts";
export type { ContextClass, Declared, DefinedFactory, OptionsOf, ValuesOf } from "./define/types.ts";
export { HookingContextFactory } from "./factory.ts";
export { Plan } from "./plan/plan.ts";
export type { PlanData, PlannedSite } from "./plan/plan.ts";
export { scan } from "./plan/scan.ts";
export type { Shapes, SiteShapes, TensorShape } from "./plan/scan.ts";
export { runWithCache, runWithHooks } from "./run/run.ts";
export type {
  CachedRun,
  PlacedHook,
  RunWithCacheOptions,
  RunWithHooksOptions,
  StoppedRun,
} from "./run/run.ts";
export type { AxisRange, AxisSlice, AxisSlices } from "./run/slice.ts";
export { CacheProxy } from "./session/proxy.ts";
export { openSession, Session } from "./session/session.ts";
export type { SessionOptions, SetValue } from "./session/session.ts";
export type { FactoryDescription, PrepareOptions } from "./factory.ts";
export { HookCache } from "./spec/hook-cache.ts";
export type { CaptureSpec, HookSpec, Intervention, TensorData } from "./spec/hook-spec.ts";
export { Interventions } from "./spec/interventions.ts";
