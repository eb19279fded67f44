import "@hookdict/tensordict"; // defines Symbol.dispose first

export type { FunctionModel, SiteDeclarations } from "./functions/function-model.ts";
export type { FunctionNode, FunctionPlace } from "./functions/place.ts";
export { hookFunction } from "./functions/hook-function.ts";
export type { HookFunctionOptions } from "./functions/hook-function.ts";
export { site } from "./functions/site.ts";
export { Binding } from "./hooked/binding.ts";
export type { Unmatched } from "./hooked/matching.ts";
export { coverSites } from "./hooked/cover-sites.ts";
export { captured, captureKey, keyOf } from "./hooked/capture.ts";
export type { HookEventMap, HookEvents } from "./hooks/events.ts";
export { hasHooks, listHooks, removeHooks } from "./hooked/inspect.ts";
export type { HookFilter, RegisteredHook } from "./hooked/inspect.ts";
export { HookedModule } from "./hooked/hooked-module.ts";
export type { BoundContext, CacheOf, CallResult, ValueAndGradInputs } from "./hooked/hooked-module.ts";
export { bypass } from "./hooks/bypass.ts";
export type { Bypass } from "./hooks/bypass.ts";
export { DIRECTIONS, isDirection } from "./hooks/direction.ts";
export type { Direction } from "./hooks/direction.ts";
export type { HookEntry } from "./hooks/entry.ts";
export { HookFactory } from "./hooks/factory.ts";
export type { HookFactoryOptions } from "./hooks/factory.ts";
export { HookHandle, MultiHookHandle } from "./hooks/handle.ts";
export type {
  Captures,
  Hook,
  HookFunction,
  HookInfo,
  HookKind,
  HookOptions,
  HookOrder,
} from "./hooks/hook.ts";
export { isKwargs, kwargs } from "./hooks/inputs.ts";
export type { Kwargs } from "./hooks/inputs.ts";
export { atPlace, runPlace } from "./runs/place.ts";
export type { RunPlace } from "./runs/place.ts";
export { outputReading, readingAt } from "./runs/reading.ts";
export type { OutputReading, ReadPositions } from "./runs/reading.ts";
export { mountModule } from "./hooked/mount.ts";
export { BRINGS, isPartPredicate } from "./hooked/part-predicate.ts";
export type { PartPredicate } from "./hooked/part-predicate.ts";
export { mountPart } from "./hooked/parts.ts";
export type { SitePart } from "./hooks/site-part.ts";
export { countHooks, MultiHookManager } from "./hooked/manager.ts";
export { HookSlot } from "./hooks/slot.ts";
export { HookPoint } from "./modules/hook-point.ts";
export type { HookConversion, HookPointOptions } from "./modules/hook-point.ts";
export { Module } from "./modules/module.ts";
export { formatPath, parsePath } from "./sites/path.ts";
export { compilePattern, patternMembers } from "./sites/pattern.ts";
export type { Matcher, Pattern, SitePredicate } from "./sites/pattern.ts";
export { resolveTarget } from "./targets/resolve.ts";
export type { Site, SiteKind } from "./sites/site.ts";
export { HookTarget } from "./targets/target.ts";
export type { Hookable } from "./targets/target.ts";
export { editWeight, isEdited, WeightEditHandle } from "./weights/edit-weight.ts";
export type { WeightChange, WeightEditOptions } from "./weights/edit-weight.ts";
export { matchWeights } from "./weights/matching.ts";
export type { StoredPart, StoredWeight } from "./weights/stored-weight.ts";
export type { Weight } from "./weights/weight.ts";
export { TensorDictModuleBase } from "./td-modules/base.ts";
export { TensorDictModule } from "./td-modules/module.ts";
export type { InKeys } from "./td-modules/module.ts";
export { TensorDictSequential } from "./td-modules/sequential.ts";
export type { Steps, SubsequenceOptions } from "./td-modules/sequential.ts";
export type { Step, StepFunction } from "./td-modules/steps.ts";
