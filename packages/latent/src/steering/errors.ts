import type { Site } from "@hookdict/core";
import { describeValue, ShapeError, UsageError } from "@hookdict/tensordict";

export function vectorWidth(site: Site, wanted: number, got: readonly number[]): ShapeError {
  return new ShapeError({
    code: "STEERING_WIDTH",
    what: `SteeringVectors was given a direction of shape [${got.join(", ")}] for values of width ${wanted} at ${site.path}.`,
    hint: "Take the direction from the values at the same site.",
    fields: { site: site.path, wanted, got },
  });
}

export function steeringValue(owner: string, site: Site, got: unknown): ShapeError {
  return new ShapeError({
    code: "STEERING_VALUE",
    what: `${owner} steers single float32 tensors; the value at ${site.path} is ${describeValue(got)}.`,
    hint: "Match a hook point inside instead.",
    fields: { site: site.path },
  });
}

export function attentionSite(owner: string, site: Site, wanted: string): UsageError {
  const name = site.segments.at(-1);
  const axes =
    site.axes === undefined
      ? "declares no axes"
      : name === "hook_pattern" || name === "hook_attn_scores"
        ? `is ${name === "hook_pattern" ? "what the softmax has made of them" : "what the softmax is given"}`
        : `has the axes ${site.axes.join(", ")}`;
  return new UsageError({
    code: "ATTENTION_SITE",
    what: `${owner} acts on ${wanted}, [batch, head, dest, src]; ${site.path} ${axes}.`,
    hint: "Match the attention's own sites: hook_attn_scores before the softmax, hook_pattern after it.",
    fields: { owner, site: site.path, axes: site.axes },
  });
}

/** @param numbers Of the layers that the model has. */
export function layersAbsent(
  owner: string,
  missing: readonly number[],
  numbers: readonly number[],
): UsageError {
  const count = numbers.length;
  const isWhole = numbers.every((number) => number < count);
  return new UsageError({
    code: "LAYERS_ABSENT",
    what: `${owner} names ${missing.length === 0 ? "no layers" : `the layers ${missing.join(", ")}`} of a model with ${count}.`,
    hint: isWhole
      ? `Name layers from 0 to ${count - 1}, or from -${count} to -1 from the end.`
      : `Name layers of ${numbers.join(", ")}.`,
    fields: { owner, missing, layers: count },
  });
}

export function layersSeveral(owner: string, one: Site, other: Site): UsageError {
  return new UsageError({
    code: "LAYERS_SEVERAL",
    what: `${owner} names layers by number, of which ${one.path} and ${other.path} have the same.`,
    hint: 'Choose one stack with sites, such as sites: "decoder.**.hook_attn_scores".',
    fields: { owner, sites: [one.path, other.path] },
  });
}

export function indexAbsent(
  owner: string,
  what: string,
  index: unknown,
  size: number,
  path: string,
): ShapeError {
  const named = typeof index === "number" ? String(index) : JSON.stringify(index);
  return new ShapeError({
    code: "ATTENTION_INDEX",
    what: `${owner} names the ${what} ${named} at ${path}, where there are ${size}.`,
    hint: `Name whole numbers from ${-size} to ${size - 1}, or "all".`,
    fields: { owner, what, index, size, site: path },
  });
}

export function rowEmptied(owner: string, site: Site, position: number): UsageError {
  return new UsageError({
    code: "ATTENTION_ROW",
    what: `${owner} leaves position ${position} at ${site.path} without any source to attend to.`,
    hint: "Leave each position at least one source that it can see, such as itself.",
    fields: { owner, site: site.path, position },
  });
}

export function directionMissing(site: Site): UsageError {
  return new UsageError({
    code: "DIRECTION_MISSING",
    what: `ActivationAddition has no direction to steer ${site.path} by.`,
    hint: "Find one first: hooked.context.extract([positive], [negative]).",
    fields: { site: site.path },
  });
}

export function directionShape(path: string, value: readonly number[], other: readonly number[]): ShapeError {
  return new ShapeError({
    code: "DIRECTION_SHAPE",
    what: `ActivationAddition met [${value.join(", ")}] and [${other.join(", ")}] at ${path}, which do not fit each other.`,
    hint: "Give inputs of one length, or average over more leading axes with batchDims.",
    fields: { path, value, other },
  });
}
