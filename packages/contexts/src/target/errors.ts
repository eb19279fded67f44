import { describeValue, MatchError, ShapeError, UsageError } from "@hookdict/tensordict";

export function targetInvalid(field: string, got: unknown, wanted: string): UsageError {
  const shown =
    typeof got === "object" && got !== null ? describeValue(got) : (JSON.stringify(got) ?? "missing");
  return new UsageError({
    code: "TARGET_INVALID",
    what: `A target does not hold: ${field} is ${shown}, not ${wanted}.`,
    hint: 'A target is { path, kind: "activation", "gradient" or "parameter", axis, indices }, perhaps with output and passes.',
    fields: { field, got },
  });
}

export function targetJson(cause: unknown): UsageError {
  return new UsageError({
    code: "TARGET_JSON",
    what: "parseTarget was given a text that is no JSON.",
    hint: "Give the text that JSON.stringify(target) writes, or the data itself to target(data).",
    cause,
  });
}

export function targetAbsent(path: string, what: string, near: readonly string[]): MatchError {
  return new MatchError({
    code: "TARGET_ABSENT",
    what: `The model has no ${what} ${path}, which a target names.`,
    hint: near.length === 0 ? "It has none." : `The nearest are ${near.join(", ")}.`,
    fields: { path, near },
  });
}

export function targetAxis(path: string, axis: number | string, has: string): ShapeError {
  return new ShapeError({
    code: "TARGET_AXIS",
    what: `A target names the axis ${JSON.stringify(axis)} of ${path}, which ${has}.`,
    hint: "Name an axis that it declares, or give its number; negative ones count from the end.",
    fields: { site: path, axis },
  });
}

export function targetIndex(path: string, index: number, size: number): ShapeError {
  return new ShapeError({
    code: "TARGET_INDEX",
    what: `A target names the index ${index} of ${path}, where the axis has ${size} entries.`,
    hint: `Name whole numbers from ${-size} to ${size - 1}.`,
    fields: { site: path, index, size },
  });
}

export function targetOutput(path: string, output: readonly (string | number)[], got: string): ShapeError {
  return new ShapeError({
    code: "TARGET_OUTPUT",
    what: `The value at ${path} has no tensor at ${JSON.stringify(output)}: it is ${got}.`,
    hint: "Name the part of the value with output: [0], or the names in a record.",
    fields: { site: path, output },
  });
}

export function targetNoSite(path: string): UsageError {
  return new UsageError({
    code: "TARGET_NO_SITE",
    what: `The target of the parameter ${path} is used as a place for hooks.`,
    hint: "No value passes a parameter: read it with target.read(model), or edit it, for edits of weights take targets.",
    fields: { path },
  });
}
