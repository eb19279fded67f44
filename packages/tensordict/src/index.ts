import "./lifetime/symbols.ts";

export {
  CheckError,
  FormatError,
  HookdictError,
  HookError,
  isHookdictError,
  KeyError,
  LifetimeError,
  MatchError,
  ShapeError,
  UsageError,
} from "./errors/base.ts";
export type { ErrorParts } from "./errors/base.ts";
export { typeName } from "./errors/type-name.ts";
export { SavedTensorDict } from "./saved.ts";
export type { LeafData } from "./host/data.ts";
export type { HostLeaf, HostNumbers, HostStrings, HostTensorDict, HostValues } from "./host/host.ts";
export { CleanupStack } from "./lifetime/cleanup-stack.ts";
export { joinErrors } from "./lifetime/suppressed.ts";
export { undoAll } from "./lifetime/undo-all.ts";
export type { Operand } from "./math/leafwise.ts";
export type { ReduceDims, ReduceOptions } from "./math/reduce.ts";
export { seededRandom } from "./values/seeded-random.ts";
export { isNonTensor, nonTensor, nonTensorStack } from "./values/non-tensor.ts";
export type { NonTensor } from "./values/non-tensor.ts";
export { LazyStack } from "./lazy-stack.ts";
export type { NestedList } from "./shape/lists.ts";
export type { IndexPart, Range } from "./shape/select.ts";
export type { VarianceOptions } from "./math/reductions.ts";
export { TensorDictReader } from "./reader.ts";
export { TensorDictWriter } from "./shards/writer.ts";
export type { TensorDictWriterOptions } from "./shards/writer.ts";
export { isTensorDict, TensorDict } from "./tensordict.ts";
export type { MapOptions, NumericDtype } from "./tensordict.ts";
export { counted, formatBytes, headline, LINES } from "./text/format.ts";
export { showAsText } from "./text/inspect.ts";
export { shown } from "./text/shown.ts";
export { visible } from "./errors/visible.ts";
export { nearestNames } from "./text/nearest.ts";
export type { EntryOptions } from "./tree/entries.ts";
export { formatKey } from "./text/keys.ts";
export { formatNearest } from "./tree/errors.ts";
export { keyPath, pathKey } from "./tree/keys.ts";
export type { Key } from "./tree/keys.ts";
export { namesOf } from "./tree/keys.ts";
export type { LeafFunction } from "./tree/map.ts";
export type { AnyTensorDict } from "./tree/node.ts";
export type { PickOptions } from "./tree/pick.ts";
export type { TensorDictOptions } from "./tree/start.ts";
export type { AnyRank, DataOf, OpenSchema, SchemaOf } from "./types.ts";
export { isEndless } from "./text/endless.ts";
export { jsonText } from "./text/json.ts";
export { countWords, isCount, MOST_COUNT } from "./values/counts.ts";
export { argumentInvalid, checkArgument, checkOptionNames } from "./values/arguments.ts";
export type { ArgumentKind } from "./values/arguments.ts";
export {
  conforms,
  describeValue,
  forEachTensor,
  isPlainRecord,
  isTensor,
  mapTensors,
  opaqueIn,
  tensorsOf,
} from "./values/structure.ts";
