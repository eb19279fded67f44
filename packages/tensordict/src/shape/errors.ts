import { shown } from "../text/shown.ts";
import { ShapeError, UsageError } from "../errors/base.ts";
import { describeValue, isPlainRecord, isTensor } from "../values/structure.ts";
import { formatKey, formatSizes } from "../text/keys.ts";

type Path = readonly string[];
type Sizes = readonly number[];

export function indexRange(index: unknown, dim: number, batchSize: Sizes): ShapeError {
  const size = batchSize[dim] ?? 0;
  return new ShapeError({
    code: "INDEX_RANGE",
    what: `The index ${shown(index)} is not in dim ${dim} of the batch size ${formatSizes(batchSize)}.`,
    hint:
      size === 0
        ? "That dim is empty."
        : `Use whole numbers from 0 to ${size - 1}, or -${size} to -1 from the end.`,
    fields: { index, dim, batchSize },
  });
}

export function indexCount(count: number, batchSize: Sizes): ShapeError {
  return new ShapeError({
    code: "INDEX_COUNT",
    what: `${count} indices were given for the batch size ${formatSizes(batchSize)}, which has ${batchSize.length} dims.`,
    hint: "Give at least one, and at most one per batch dim; dims of single leaves are reached with map().",
    fields: { count, batchSize },
  });
}

export function rangeStep(step: unknown): UsageError {
  return new UsageError({
    code: "RANGE_STEP",
    what: `The step of a range must be a whole number above 0, not ${shown(step)}.`,
    hint: "Give the indices as a list to go backwards.",
    fields: { step },
  });
}

export function dimRange(action: string, dim: unknown, dims: number): ShapeError {
  return new ShapeError({
    code: "DIM_RANGE",
    what: `${action} was given the dim ${shown(dim)}, and there are ${dims} to choose from.`,
    hint:
      dims === 0
        ? "It works on batch dims: set batchSize first."
        : `Use 0 to ${dims - 1}, or -${dims} to -1 from the end.`,
    fields: { action, dim, dims },
  });
}

export function permuteDims(dims: Sizes, batchSize: Sizes): ShapeError {
  return new ShapeError({
    code: "PERMUTE_DIMS",
    what: `${formatSizes(dims)} does not name each of the ${batchSize.length} batch dims once.`,
    hint: "permute needs all of them; transpose swaps two.",
    fields: { dims, batchSize },
  });
}

export function reshapeSize(batchSize: Sizes, wanted: Sizes): ShapeError {
  return new ShapeError({
    code: "RESHAPE_SIZE",
    what: `The batch size ${formatSizes(batchSize)} cannot become ${formatSizes(wanted)}.`,
    hint: "Both must have as many elements; one size may be -1 for what is left.",
    fields: { batchSize, wanted },
  });
}

export function expandSize(batchSize: Sizes, wanted: Sizes): ShapeError {
  return new ShapeError({
    code: "EXPAND_SIZE",
    what: `The batch size ${formatSizes(batchSize)} cannot be expanded to ${formatSizes(wanted)}.`,
    hint: "Only dims of size 1 grow, new dims come first, and -1 keeps a size.",
    fields: { batchSize, wanted },
  });
}

export function splitSizes(size: number, parts: unknown): ShapeError {
  return new ShapeError({
    code: "SPLIT_SIZES",
    what: `A dim of size ${size} cannot be split into ${shown(parts)}.`,
    hint: "Give a size above 0, or a list of sizes that add up to the dim's.",
    fields: { size, parts },
  });
}

export function maskShape(action: string, shape: Sizes, dtype: string, batchSize: Sizes): ShapeError {
  return new ShapeError({
    code: "MASK_SHAPE",
    what: `${action} was given a mask of dtype ${dtype} and shape ${formatSizes(shape)} for the batch size ${formatSizes(batchSize)}.`,
    hint:
      action === "mask"
        ? "A mask is bool, and its shape is the batch size or begins it."
        : "The condition is bool, and its shape is the batch size.",
    fields: { action, shape, dtype, batchSize },
  });
}

export function gatherIndex(shape: Sizes, dtype: string, batchSize: Sizes): ShapeError {
  return new ShapeError({
    code: "GATHER_INDEX",
    what: `gather was given an index of dtype ${dtype} and shape ${formatSizes(shape)} for the batch size ${formatSizes(batchSize)}.`,
    hint: "It is int32, has as many dims as the batch, and is not larger except along the gathered dim.",
    fields: { shape, dtype, batchSize },
  });
}

export function nothingToJoin(action: string): UsageError {
  return new UsageError({
    code: "NOTHING_TO_JOIN",
    what: `${action} was given no TensorDict.`,
    hint: "Give at least one.",
    fields: { action },
  });
}

/** What lies at one key of the first TensorDict and of another. */
export interface Difference {
  readonly key: Path;
  readonly first: string;
  readonly other: string;
}

export function shapesDiffer(action: string, which: string, differences: readonly Difference[]): ShapeError {
  const lines = differences
    .slice(0, 8)
    .map(
      ({ key, first, other }) =>
        `${key.length === 0 ? "the whole" : formatKey(key)} is ${other}, not ${first}`,
    );
  const more = differences.length > 8 ? ` and ${differences.length - 8} more` : "";
  return new ShapeError({
    code: "SHAPES_DIFFER",
    what: `${action} needs equal dtypes and shapes. In ${which}, ${lines.join("; ")}${more}.`,
    hint:
      action === "lazyStack"
        ? "The batch sizes must be equal; all else may differ."
        : "lazyStack() holds TensorDicts of different shapes.",
    fields: { action, differences },
  });
}

export function lazyLength(key: Path, got: number, wanted: number): ShapeError {
  return new ShapeError({
    code: "LAZY_LENGTH",
    what: `${got} values were given for ${formatKey(key)} of a stack of ${wanted}.`,
    hint: "Give one value per TensorDict.",
    fields: { key, got, wanted },
  });
}

/** A condition that is no tensor, or is gone. */
export function conditionInvalid(condition: unknown): UsageError {
  return new UsageError({
    code: "CONDITION_INVALID",
    what: `where needs a bool tensor that is not disposed, not ${kindOf(condition)}.`,
    hint: "Give one of the batch size, such as a comparison makes.",
  });
}

/** Something that is no index. */
export function indexInvalid(part: unknown, dim: number, why = "is no index"): UsageError {
  return new UsageError({
    code: "INDEX_INVALID",
    what: `${kindOf(part)} ${why} for dim ${dim}.`,
    hint: "Give a whole number, { start, end, step }, lists of whole numbers or of booleans, or an int32 or bool tensor.",
    fields: { dim },
  });
}

/** Lists of indices that do not go together. */
export function indexShapes(shapes: readonly Sizes[]): ShapeError {
  return new ShapeError({
    code: "INDEX_SHAPES",
    what: `The lists of indices have the shapes ${shapes.map(formatSizes).join(" and ")}, which do not fit together.`,
    hint: "Several lists are taken element by element. For all pairs, index twice, or give one as a column: [[0], [1]].",
    fields: { shapes },
  });
}

/** A bound of a range that is no whole number. */
export function rangeBound(name: string, bound: unknown): UsageError {
  return new UsageError({
    code: "RANGE_BOUND",
    what: `The bound \`${name}\` of a range must be a whole number, not ${kindOf(bound)}.`,
    hint: "Leave it out for the beginning or the end; negative ones count from the end.",
    fields: { name, bound },
  });
}

/** Sizes that are no list of whole numbers. */
export function sizesInvalid(action: string, sizes: unknown): UsageError {
  return new UsageError({
    code: "SIZES_INVALID",
    what: `${action} needs a list of whole numbers, not ${kindOf(sizes)}.`,
    hint: "Write [2, 3].",
    fields: { action },
  });
}

/** A write by index whose values do not have the batch size of what they replace. */
export function writeShape(got: Sizes, wanted: Sizes): ShapeError {
  return new ShapeError({
    code: "WRITE_SHAPE",
    what: `Values of batch size ${formatSizes(got)} cannot be written to an index of batch size ${formatSizes(wanted)}.`,
    hint: "Give as many elements as the index names, or one for all of them.",
    fields: { got, wanted },
  });
}

/** A leaf that cannot be joined with others. */
export function joinLeaf(action: string, key: Path): ShapeError {
  return new ShapeError({
    code: "JOIN_LEAF",
    what: `${action} joins tensors, and ${formatKey(key)} is none.`,
    hint: "Give keys of tensors of equal dtypes and shapes.",
    fields: { action, key },
  });
}

/** A dict that belongs to another one. */
export function lazyNested(key: Path): UsageError {
  return new UsageError({
    code: "LAZY_NESTED",
    what: `lazyStack was given the TensorDict at ${formatKey(key)}, which belongs to the one around it.`,
    hint: "Give a clone() of it, or take it out with release() first.",
    fields: { key },
  });
}

/** Sizes to pad with that do not fit the batch. */
export function padSizes(sizes: Sizes, batchSize: Sizes): ShapeError {
  return new ShapeError({
    code: "PAD_SIZES",
    what: `The batch size ${formatSizes(batchSize)} cannot be padded with ${formatSizes(sizes)}.`,
    hint: "Give two numbers from 0 on per batch dim: elements before it, elements after it.",
    fields: { sizes, batchSize },
  });
}

/** Text has no number to pad with. */
export function padDtype(path: Path): ShapeError {
  return new ShapeError({
    code: "PAD_DTYPE",
    what: `pad cannot take ${formatKey(path)}, whose dtype is string.`,
    hint: "exclude() that key first.",
    fields: { key: path },
  });
}

function kindOf(value: unknown): string {
  return isTensor(value) || Array.isArray(value) || isPlainRecord(value)
    ? describeValue(value)
    : shown(value);
}
