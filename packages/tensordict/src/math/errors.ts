import { formatKey } from "../text/keys.ts";
import { ShapeError, UsageError } from "../errors/base.ts";

type Path = readonly string[];

export function leafDtype(action: string, path: Path, dtype: string): ShapeError {
  return new ShapeError({
    code: "LEAF_DTYPE",
    what: `${action} cannot take ${formatKey(path)}, whose dtype is ${dtype}.`,
    hint: "exclude() that key first.",
    fields: { action, key: path, dtype },
  });
}

export function leafFailed(action: string, path: Path, cause: unknown): ShapeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ShapeError({
    code: "LEAF_FAILED",
    what: `${action} failed at ${formatKey(path)}: ${reason}`,
    hint: "Correct that leaf's shape or dtype, or exclude() it.",
    fields: { action, key: path },
    cause,
  });
}

export function reduceDims(action: string, dims: unknown): UsageError {
  return new UsageError({
    code: "REDUCE_DIMS",
    what: `${action} cannot reduce over ${JSON.stringify(dims)}.`,
    hint: 'Give a batch dim, a list of different ones, "feature" for the dims after the batch, or nothing for all.',
    fields: { action, dims },
  });
}
