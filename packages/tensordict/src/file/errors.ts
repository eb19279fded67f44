import { shown } from "../text/shown.ts";
import { FormatError, LifetimeError, ShapeError, UsageError } from "../errors/base.ts";
import { formatKey } from "../text/keys.ts";

type Path = readonly string[];

export function saveValue(path: Path, problem: string): UsageError {
  return new UsageError({
    code: "SAVE_VALUE",
    what: `The value at ${formatKey(path)} cannot be saved: it holds ${problem}.`,
    hint: "Files take strings, numbers, booleans, null, bigints, dates, and lists and records of these.",
    fields: { key: path },
  });
}

export function saveKey(path: Path): UsageError {
  return new UsageError({
    code: "SAVE_KEY",
    what: `The key ${formatKey(path)} cannot be saved: it holds half of a surrogate pair, which UTF-8 does not have.`,
    hint: "Rename it first.",
    fields: { key: path },
  });
}

export function savedTree(file: string, where: Path, problem: string): FormatError {
  const place = where.length === 0 ? "" : ` at ${formatKey(where)}`;
  return new FormatError({
    code: "SAVED_TREE",
    what: `${file}: its TensorDict is not as it should be${place}: ${problem}.`,
    hint: "It is damaged, or was not written by save().",
    fields: { file, key: where },
  });
}

export function savedVersion(file: string, version: unknown): FormatError {
  return new FormatError({
    code: "SAVED_VERSION",
    what: `${file}: holds a TensorDict of version ${JSON.stringify(version)}; this package reads version 1.`,
    hint: "Read it with the package that wrote it, or a newer one.",
    fields: { file, version },
  });
}

export function savedRows(file: string, start: number, count: number, rows: number | undefined): ShapeError {
  const has = rows === undefined ? "has no batch dims" : `has ${rows}`;
  return new ShapeError({
    code: "SAVED_ROWS",
    what: `${file}: rows ${shown(start)} to ${typeof start === "number" ? shown(start + count) : shown(count)} were asked for, and it ${has}.`,
    hint: "Rows are what the first batch dim counts.",
    fields: { file, start, count, rows },
  });
}

export function shardsIndex(file: string, problem: string): FormatError {
  return new FormatError({
    code: "SHARDS_INDEX",
    what: `${file}: is no index of shards: ${problem}.`,
    hint: "It is damaged, or was not written by a TensorDictWriter.",
    fields: { file },
  });
}

export function shardSize(rowsPerShard: unknown): UsageError {
  return new UsageError({
    code: "SHARD_SIZE",
    what: `A number of rows must be a whole number above 0, not ${shown(rowsPerShard)}.`,
    hint: "Rows are elements of the first batch dim.",
    fields: { rowsPerShard },
  });
}

export function shardSizeChanged(file: string, rowsPerShard: number, wanted: number): UsageError {
  return new UsageError({
    code: "SHARD_SIZE_CHANGED",
    what: `${file}: its shards have ${rowsPerShard} rows, and ${wanted} were asked for.`,
    hint: "Go on with the same size, or write to another directory.",
    fields: { file, rowsPerShard, wanted },
  });
}

export function writerClosed(directory: string): LifetimeError {
  return new LifetimeError({
    code: "WRITER_CLOSED",
    what: `append was called on the writer of ${directory}, which is closed.`,
    hint: "TensorDictWriter.open() goes on where it ended.",
    fields: { directory },
  });
}

export function rowsMissing(): ShapeError {
  return new ShapeError({
    code: "ROWS_MISSING",
    what: "append was given a TensorDict without batch dims, so it has no rows.",
    hint: "Set batchSize, or unsqueeze(0) what is one row.",
  });
}

export function rowsDiffer(differences: readonly string[]): ShapeError {
  const some = differences.slice(0, 8).join("; ");
  const more = differences.length > 8 ? ` and ${differences.length - 8} more` : "";
  return new ShapeError({
    code: "ROWS_DIFFER",
    what: `These rows are not like those before: ${some}${more}.`,
    hint: "Nothing was written. All rows need the same keys, dtypes and shapes.",
    fields: { differences },
  });
}

/** Shards without the list that says which of them count. */
export function shardsUnlisted(directory: string, file: string): FormatError {
  return new FormatError({
    code: "SHARDS_UNLISTED",
    what: `${directory}: holds ${file}, which its index.json does not count.`,
    hint: "The index is missing or older, or a file before that one is: put it back, or take another directory. Nothing was changed.",
    fields: { directory, file },
  });
}

/** A shard that is not the one that the index lists. */
export function shardChanged(file: string, problem: string): FormatError {
  return new FormatError({
    code: "SHARD_CHANGED",
    what: `${file}: is not the shard that the index lists: ${problem}.`,
    hint: "It was changed, swapped or damaged since it was written: put the right file there.",
    fields: { file },
  });
}

/** A directory that somebody else writes to. */
export function writerBusy(directory: string, holder: string): LifetimeError {
  return new LifetimeError({
    code: "WRITER_BUSY",
    what: `${directory}: another TensorDictWriter is writing there (${holder}).`,
    hint: "Close that one first, or write to another directory.",
    fields: { directory, holder },
  });
}

/** A writer whose directory a later one has gone on with. */
export function writerReplaced(directory: string): LifetimeError {
  return new LifetimeError({
    code: "WRITER_REPLACED",
    what: `append was called on a writer of ${directory}, where a later writer goes on.`,
    hint: "Use the later one; nothing was written.",
    fields: { directory },
  });
}
