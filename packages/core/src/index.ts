import "./lifetime/symbols.ts";

export {
  FormatError,
  HookdictError,
  HookError,
  isHookdictError,
  KeyError,
  LifetimeError,
  MatchError,
  ShapeError,
  UsageError,
} from "./errors/index.ts";
export type { ErrorParts } from "./errors/index.ts";
export type { FunctionModel, FunctionPlace, SiteDeclarations } from "./functions/function-model.ts";
export { hookFunction } from "./functions/hook-function.ts";
export type { HookFunctionOptions } from "./functions/hook-function.ts";
export { site } from "./functions/site.ts";
export { Binding } from "./hooked/binding.ts";
export type { Unmatched } from "./hooked/binding.ts";
export { captured, captureKey, keyOf } from "./hooked/capture.ts";
export type { HookEventMap, HookEvents } from "./hooked/events.ts";
export { HookedModule } from "./hooked/hooked-module.ts";
export type { BoundContext, CacheOf, CallResult, ValueAndGrads } from "./hooked/hooked-module.ts";
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
export { isKwargs, kwargs } from "./hooks/kwargs.ts";
export type { Kwargs } from "./hooks/kwargs.ts";
export { countHooks, MultiHookManager } from "./hooks/manager.ts";
export { HookSlot } from "./hooks/slot.ts";
export { describeValue, forEachTensor, isTensor, mapTensors, tensorsOf } from "./hooks/structure.ts";
export { CleanupStack } from "./lifetime/cleanup-stack.ts";
export { joinErrors } from "./lifetime/suppressed.ts";
export { HookPoint } from "./modules/hook-point.ts";
export type { HookPointOptions } from "./modules/hook-point.ts";
export { Module } from "./modules/module.ts";
export { nearestNames } from "./paths/nearest.ts";
export { formatPath, parsePath } from "./paths/path.ts";
export { compilePattern } from "./paths/pattern.ts";
export type { Matcher, Pattern, SitePredicate } from "./paths/pattern.ts";
export { resolveTarget } from "./sites/resolve.ts";
export type { Site, SiteKind } from "./sites/site.ts";
export { HookTarget } from "./sites/target.ts";
export type { Hookable, Place } from "./sites/target.ts";
export { SavedTensorDict } from "./tensordict/file/saved.ts";
export type { EntryOptions } from "./tensordict/entries.ts";
export type { Key } from "./tensordict/keys.ts";
export type { LeafData } from "./tensordict/host/data.ts";
export type {
  HostLeaf,
  HostNumbers,
  HostStrings,
  HostTensorDict,
  HostValues,
} from "./tensordict/host/host.ts";
export type { Operand } from "./tensordict/math/leafwise.ts";
export type { ReduceDims } from "./tensordict/math/reduce.ts";
export type { NumericDtype } from "./tensordict/numeric.ts";
export type { IndexPart, NestedList, Range } from "./tensordict/shape/select.ts";
export { TensorDictModuleBase } from "./tensordict/modules/base.ts";
export { TensorDictModule } from "./tensordict/modules/module.ts";
export type { InKeys } from "./tensordict/modules/module.ts";
export { TensorDictSequential } from "./tensordict/modules/sequential.ts";
export type { Steps, SubsequenceOptions } from "./tensordict/modules/sequential.ts";
export type { Step, StepFunction } from "./tensordict/modules/steps.ts";
export { isTensorDict } from "./tensordict/node.ts";
export type { AnyTensorDict } from "./tensordict/node.ts";
export { isNonTensor, nonTensor, nonTensorStack } from "./tensordict/non-tensor.ts";
export type { NonTensor } from "./tensordict/non-tensor.ts";
export type { PickOptions } from "./tensordict/pick.ts";
export type { TensorDictOptions } from "./tensordict/start.ts";
export type { LeafFunction } from "./tensordict/structure.ts";
export type { MapOptions } from "./tensordict/structured.ts";
export { LazyStack } from "./tensordict/shape/lazy-stack.ts";
export { TensorDictReader } from "./tensordict/shards/reader.ts";
export { TensorDictWriter } from "./tensordict/shards/writer.ts";
export type { TensorDictWriterOptions } from "./tensordict/shards/writer.ts";
export { TensorDict } from "./tensordict/tensordict.ts";
export { share } from "./tensordict/ownership.ts";
export type { AnyRank, DataOf, OpenSchema, SchemaOf } from "./tensordict/types.ts";
export { formatBytes, headline, LINES } from "./text/format.ts";
export { collectTensors } from "./tensors/collect.ts";
export { handleOn, keptClone, refClone } from "./tensors/reference.ts";
