import { type Direction, type Site } from "@hookdict/core";
import { describeValue, KeyError, ShapeError, UsageError } from "@hookdict/tensordict";

export function sourceMissing(
  site: Site,
  key: readonly [Direction, string],
  present: readonly string[],
): KeyError {
  const shown = `${present.slice(0, 8).join(", ")}${present.length > 8 ? ` and ${present.length - 8} more` : ""}`;
  const listed = present.length === 0 ? "it is empty" : `it has ${shown}`;
  return new KeyError({
    code: "PATCH_SOURCE_MISSING",
    what: `ActivationPatching found no ${JSON.stringify(key)} in its source; ${listed}.`,
    hint: "Capture this site first, in the same direction, with a pattern that covers it.",
    fields: { site: site.path, key, present },
  });
}

export function sourceRefilled(site: Site, owner: string): UsageError {
  return new UsageError({
    code: "PATCH_SOURCE_REFILLED",
    what: `The source of ActivationPatching at ${site.path} is the cache of ${owner}, which this very run has emptied and fills again.`,
    hint: "Take the other run's captures out of that context first: source = hooked.takeCache().",
    fields: { site: site.path, context: owner },
  });
}

export function sourceShape(site: Site, source: string, target: string): ShapeError {
  return new ShapeError({
    code: "PATCH_SOURCE_SHAPE",
    what: `The source of ActivationPatching at ${site.path} is ${source}, but the value there is ${target}.`,
    hint: "Use prompts of the same length, or combine the two yourself with the option patch.",
    fields: { site: site.path, source, target },
  });
}

export function axisUndeclared(site: Site, axis: string, owner: string): UsageError {
  const declared = site.axes === undefined ? "declares no axes" : `declares the axes ${site.axes.join(", ")}`;
  return new UsageError({
    code: "PATCH_AXIS",
    what: `${owner} was asked for the axis "${axis}" at ${site.path}, which ${declared}.`,
    hint: "Match only sites with that axis, name another one with the option slice, or use the option patch.",
    fields: { site: site.path, axis, axes: site.axes },
  });
}

export function indexOutside(site: Site, axis: string, index: number, size: number): ShapeError {
  return new ShapeError({
    code: "PATCH_INDEX",
    what: `Index ${index} of the axis "${axis}" is outside the value at ${site.path}, where that axis has ${size} entries.`,
    hint: `Use whole numbers from ${-size} to ${size - 1}; negative ones count from the end.`,
    fields: { site: site.path, axis, index, size },
  });
}

export function notOneTensor(site: Site, got: string): ShapeError {
  return new ShapeError({
    code: "PATCH_NOT_TENSOR",
    what: `ActivationPatching can patch single tensors; the value at ${site.path} is ${got}.`,
    hint: "Match a hook point inside instead, or use the option patch.",
    fields: { site: site.path, got },
  });
}

export function objectiveInvalid(got: unknown): UsageError {
  return new UsageError({
    code: "OBJECTIVE_INVALID",
    what: `The objective of optimizeIntervention gave ${describeValue(got)}.`,
    hint: "Give a float32 scalar that depends on the model's run.",
  });
}
