import { KeyError, LifetimeError, ShapeError, UsageError } from "../errors/base.ts";
import { typeName } from "../errors/type-name.ts";
import { formatKey, formatSizes } from "../text/keys.ts";
import { nearestNames } from "../text/nearest.ts";

type Path = readonly string[];
type Sizes = readonly number[];

/** One value whose shape does not begin with the batch size. */
export interface Mismatch {
  readonly key: Path;
  readonly expected: Sizes;
  readonly got: Sizes;
}

/** At most `most` items, and how many more there are. */
function listed(items: readonly string[], most: number, separator = ", "): string {
  const shown = items.slice(0, most).join(separator);
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}

/** The keys that a TensorDict has, or the nearest of them, as a sentence. */
export function formatNearest(path: Path, keys: readonly Path[]): string {
  if (keys.length === 0) return "The TensorDict is empty.";
  const near = nearestNames(formatKey(path), keys.map(formatKey), 8);
  return `It has ${keys.length}${near.length < keys.length ? ", the nearest" : ""}: ${near.join(", ")}.`;
}

export function keyInvalid(key: unknown): KeyError {
  return new KeyError({
    code: "KEY_INVALID",
    what: `A key must be a string or an array of strings, not ${describe(key)}.`,
    hint: 'Write "a", or ["a", "b"] for what lies in "a".',
    fields: { key },
  });
}

export function keyEmpty(): KeyError {
  return new KeyError({
    code: "KEY_EMPTY",
    what: "The key [] names nothing.",
    hint: "Give at least one name.",
  });
}

export function keyTooDeep(depth: number, most: number): KeyError {
  return new KeyError({
    code: "KEY_TOO_DEEP",
    what: `A TensorDict would be nested ${depth} deep; at most ${most} are possible.`,
    hint: "Use fewer, longer names.",
    fields: { depth, most },
  });
}

export function keyMissing(path: Path, keys: readonly Path[]): KeyError {
  return new KeyError({
    code: "KEY_MISSING",
    what: `There is no key ${formatKey(path)}.`,
    hint: formatNearest(path, keys),
    fields: { key: path, keys },
  });
}

export function keyThroughLeaf(path: Path, leaf: Path, kind: string): KeyError {
  return new KeyError({
    code: "KEY_THROUGH_LEAF",
    what: `The key ${formatKey(path)} passes through ${formatKey(leaf)}, which is a ${kind}.`,
    hint: "Only a TensorDict has keys: choose another name, or delete that leaf first.",
    fields: { key: path, leaf },
  });
}

export function keyCollision(path: Path, action: string): KeyError {
  return new KeyError({
    code: "KEY_COLLISION",
    what: `${action} would put two values under ${formatKey(path)}.`,
    hint: "Rename or delete one of them first.",
    fields: { key: path, action },
  });
}

export function selectUnmatched(path: Path, keys: readonly Path[]): KeyError {
  const known =
    keys.length === 0 ? "The TensorDict is empty." : `The keys are ${listed(keys.map(formatKey), 8)}.`;
  return new KeyError({
    code: "KEY_UNMATCHED",
    what: `No key matches ${formatKey(path)}.`,
    hint: `${known} Correct the pattern, or pass { strict: false } as the last argument.`,
    fields: { key: path, keys },
  });
}

export function keysDiffer(
  action: string,
  lacking: readonly Path[],
  extra: readonly Path[],
  which = "The second",
): KeyError {
  const parts = [
    ...(lacking.length === 0 ? [] : [`lacks ${listed(lacking.map(formatKey), 8)}`]),
    ...(extra.length === 0 ? [] : [`has ${listed(extra.map(formatKey), 8)} besides`]),
  ];
  return new KeyError({
    code: "KEYS_DIFFER",
    what: `${action} needs TensorDicts with tensors at the same keys. ${which} ${parts.join(" and ")}.`,
    hint: "select() what they share first.",
    fields: { action, lacking, extra },
  });
}

export function valueInvalid(path: Path, value: unknown): UsageError {
  return new UsageError({
    code: "VALUE_INVALID",
    what: `${describe(value)} cannot be stored under ${formatKey(path)}.`,
    hint: "Store a tensor, a TensorDict, a record of these, or a value such as a string, a number or a list.",
    fields: { key: path },
  });
}

export function valueHoldsTensor(path: Path): UsageError {
  return new UsageError({
    code: "VALUE_HOLDS_TENSOR",
    what: `The value for ${formatKey(path)} is a list, or holds one, with a tensor inside, which nobody would free.`,
    hint: "Give each tensor a key of its own, or stack them.",
    fields: { key: path },
  });
}

export function contentInvalid(content: unknown): UsageError {
  return new UsageError({
    code: "CONTENT_INVALID",
    what: `The content of a TensorDict must be a record, not ${describe(content)}.`,
    hint: "Write new TensorDict({ name: value }), or clone() what is a TensorDict already.",
    fields: { content },
  });
}

export function batchSizeInvalid(batchSize: unknown): UsageError {
  return new UsageError({
    code: "BATCH_SIZE_INVALID",
    what: `A batch size must be a list of sizes, not ${describe(batchSize)}.`,
    hint: "Write [2, 3] for two batch dims, [] for none.",
    fields: { batchSize },
  });
}

export function batchMismatch(mismatches: readonly Mismatch[]): ShapeError {
  const lines = mismatches.map(
    ({ key, expected, got }) =>
      `${formatKey(key)} has ${formatSizes(got)}, not [${expected.join(", ")}, ...]`,
  );
  return new ShapeError({
    code: "BATCH_MISMATCH",
    what: `Not every shape begins with the batch size: ${listed(lines, 20, "; ")}.`,
    hint: "Nothing was stored. Correct the shapes or the batch size.",
    fields: { mismatches },
  });
}

export function batchSizeChange(batchSize: Sizes, mismatches: readonly Mismatch[]): ShapeError {
  const lines = mismatches.map(({ key, got }) => `${formatKey(key)} has ${formatSizes(got)}`);
  return new ShapeError({
    code: "BATCH_SIZE_CHANGE",
    what: `The batch size cannot become ${formatSizes(batchSize)}: ${listed(lines, 20, "; ")}.`,
    hint: "Every leaf must begin with the batch size, and a nested TensorDict with its parent's.",
    fields: { batchSize, mismatches },
  });
}

export function dictLocked(action: string): LifetimeError {
  return new LifetimeError({
    code: "DICT_LOCKED",
    what: `${action} was called on a locked TensorDict.`,
    hint: "Call unlock() on the outermost one first, or change a clone().",
    fields: { action },
  });
}

export function unlockNested(path: Path): LifetimeError {
  return new LifetimeError({
    code: "UNLOCK_NESTED",
    what: `The TensorDict at ${formatKey(path)} cannot be unlocked while the one around it is locked.`,
    hint: "Call unlock() on the outermost one, or change a clone().",
    fields: { key: path },
  });
}

export function dictDisposed(action: string): LifetimeError {
  return new LifetimeError({
    code: "DICT_DISPOSED",
    what: `${action} was called on a TensorDict that is disposed.`,
    hint: "Use it inside its using block, or keep a clone().",
    fields: { action },
  });
}

export function disposeNested(path: Path): LifetimeError {
  return new LifetimeError({
    code: "DISPOSE_NESTED",
    what: `The TensorDict at ${formatKey(path)} belongs to the one around it and was not disposed.`,
    hint: "delete() its key there, or take it out with release() first.",
    fields: { key: path },
  });
}

export function dictCycle(path: Path): UsageError {
  return new UsageError({
    code: "DICT_CYCLE",
    what: `Under ${formatKey(path)}, a TensorDict would contain itself.`,
    hint: "Store a clone() of it.",
    fields: { key: path },
  });
}

export function tensorDisposed(path: Path): LifetimeError {
  return new LifetimeError({
    code: "TENSOR_DISPOSED",
    what: `The tensor for ${formatKey(path)} is disposed already.`,
    hint: "Store it before its scope or its owner frees it.",
    fields: { key: path },
  });
}

export function leafDisposed(path: Path): LifetimeError {
  return new LifetimeError({
    code: "LEAF_DISPOSED",
    what: `The tensor at ${formatKey(path)} was disposed by somebody else than its TensorDict.`,
    hint: "get() only lends a tensor: take it with release() before you dispose it.",
    fields: { key: path },
  });
}

export function runAsync(): UsageError {
  return new UsageError({
    code: "RUN_ASYNC",
    what: "The function given to run() returned a promise, so the TensorDict would be disposed before it is done.",
    hint: "Call runAsync() and await it.",
  });
}

/** A value as messages about arguments tell it. */
export function describe(value: unknown, depth = 0): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "undefined") {
    return value === undefined ? "undefined" : `a ${typeof value}`;
  }
  if (Array.isArray(value)) {
    return depth > 3
      ? "a list"
      : `[${listed(
          value.map((item) => describe(item, depth + 1)),
          8,
        )}]`;
  }
  if (typeof value === "object") return `a ${typeName(value)}`;
  return `the ${typeof value} ${value as number | bigint | boolean}`; // what is left
}
