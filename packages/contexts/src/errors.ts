import { type Site } from "@hookdict/core";
import {
  describeValue,
  jsonText,
  MatchError,
  nearestNames,
  ShapeError,
  UsageError,
} from "@hookdict/tensordict";

function valueText(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : describeValue(value);
}

export function notAFactory(index: number, got: string): UsageError {
  return new UsageError({
    code: "COMPOSE_NOT_FACTORY",
    what: `compose was given ${got} as its part ${index}.`,
    hint: "Give factories such as new ActivationCaching(...), before they are prepared.",
    fields: { index, got },
  });
}

export function composeConflict(first: string, second: string, reason: string): UsageError {
  return new UsageError({
    code: "COMPOSE_CONFLICT",
    what: `${first} and ${second} cannot be composed: ${reason}.`,
    hint: "Change one of them, or prepare them one after the other.",
    fields: { first, second, reason },
  });
}

export function composedCaches(name: string, count: number): UsageError {
  return new UsageError({
    code: "COMPOSE_CACHES",
    what: `${name} has ${count === 0 ? "no part with a cache" : `${count} parts with a cache each`}.`,
    hint: "Take the part's own: hooked.context.parts[0].cache, with the place of the part in compose(...).",
    fields: { name, count },
  });
}

export function proxyEmpty(paths: readonly string[]): UsageError {
  return new UsageError({
    code: "PROXY_EMPTY",
    what: `The value at ${paths.join(", ")} was read, but the site has not run in the present or latest call.`,
    hint: "Call the model first; a site that runs only at times can be asked with isFilled.",
    fields: { paths },
  });
}

export function proxyOrder(source: string, target: string): UsageError {
  return new UsageError({
    code: "PROXY_ORDER",
    what: `A hook at ${target} takes the value of ${source}, which has not run yet in this call.`,
    hint: `Take it from a site that runs before ${target}, or from an earlier call: set(pattern, tensor).`,
    fields: { site: target, source },
  });
}

export function proxySeveral(paths: readonly string[]): UsageError {
  const shown = `${paths.slice(0, 8).join(", ")}${paths.length > 8 ? ` and ${paths.length - 8} more` : ""}`;
  return new UsageError({
    code: "PROXY_SEVERAL",
    what: `One value was asked of a proxy for ${paths.length} sites: ${shown}.`,
    hint: "Choose one with at(path), or read them all with all.",
    fields: { paths },
  });
}

export function proxySite(path: unknown, paths: readonly string[]): MatchError {
  return new MatchError({
    code: "PROXY_SITE",
    what: `The proxy has no site ${jsonText(path)}.`,
    hint: `Its nearest are ${nearestNames(jsonText(path), paths).join(", ")}.`,
    fields: { path, paths },
  });
}

export function setInvalid(got: string): UsageError {
  return new UsageError({
    code: "SET_INVALID",
    what: `A session was told to set a value to this: ${got}.`,
    hint: "Give a tensor, a number, a function of the present value, or what get(...) has returned.",
    fields: { got },
  });
}

const PASS_LOSS = "Pass { loss: (output) => scalar }: backward hooks fire while it is differentiated.";

export function lossMissing(
  fn: string,
  what: string,
  direction: string,
  hint: string = PASS_LOSS,
): UsageError {
  return new UsageError({
    code: "LOSS_MISSING",
    what: `${fn} was given ${what} ${direction}, but no loss.`,
    hint,
    fields: { direction },
  });
}

export function argumentsInvalid(fn: string, got: unknown): UsageError {
  return new UsageError({
    code: "ARGUMENTS_INVALID",
    what: `${fn} was given ${valueText(got)} as the model's arguments.`,
    hint: `Give a list of them: ${fn}(model, [tokens]).`,
    fields: { fn, got },
  });
}

export function placedHookInvalid(fn: string, got: unknown): UsageError {
  return new UsageError({
    code: "PLACED_HOOK_INVALID",
    what: `${fn} was given ${valueText(got)} where it takes a hook with its place.`,
    hint: 'Give a list of [pattern, hook] or [pattern, direction, hook]: [["**.hook_z", "fwd", (value) => mul(value, 2)]].',
    fields: { fn, got },
  });
}

export function stopWithLoss(): UsageError {
  return new UsageError({
    code: "STOP_WITH_LOSS",
    what: "runWithCache was asked both to stop early and for gradients of a loss of the output.",
    hint: "A stopped run has no output: leave out stopEarly or loss.",
  });
}

export function sliceAxis(name: string, declared: readonly string[]): UsageError {
  const known = declared.length === 0 ? "They declare none." : `They declare ${declared.join(", ")}.`;
  return new UsageError({
    code: "SLICE_AXIS",
    what: `None of the captured sites declares the axis "${name}", so nothing would be left out. ${known}`,
    hint: "Name another axis, or leave this one out.",
    fields: { name, declared },
  });
}

export function sliceIndex(site: Site, axis: string, index: number, size: number): ShapeError {
  return new ShapeError({
    code: "SLICE_INDEX",
    what: `Index ${index} of the axis "${axis}" is outside the value at ${site.path}, where that axis has ${size} entries.`,
    hint: `Use whole numbers from ${-size} to ${size - 1}; a range may end at ${size}.`,
    fields: { site: site.path, axis, index, size },
  });
}

export function batchNotOne(site: Site, size: number): ShapeError {
  return new ShapeError({
    code: "BATCH_NOT_ONE",
    what: `The batch of the value at ${site.path} has ${size} entries, so removeBatchDim would drop data.`,
    hint: "Run one prompt, or choose an entry with slice: { batch: 0 }.",
    fields: { site: site.path, size },
  });
}

export function specJson(got: string, cause?: unknown): UsageError {
  const said = cause instanceof Error ? `: ${cause.message.replace(/\.$/, "")}` : "";
  return new UsageError({
    code: "SPEC_JSON",
    what: `Interventions.parse was given ${JSON.stringify(got)}, which is no JSON${said}.`,
    hint: "Give the text that JSON.stringify(interventions) writes, or the data itself to new Interventions(spec).",
    fields: { got },
    cause,
  });
}

export function specInvalid(where: string, wanted: string, got: unknown): UsageError {
  const isPlain = typeof got === "number" || (typeof got === "string" && got.includes(" ")); // JSON has no Infinity
  const text = got === undefined ? "missing" : isPlain ? String(got) : jsonText(got);
  return new UsageError({
    code: "SPEC_INVALID",
    what: `A HookSpec does not hold: ${where} is ${text}, not ${wanted}.`,
    hint: "docs/specs.md lists what a spec is made of.",
    fields: { where, wanted, got },
  });
}

export function knockoutMask(where: string, row: number): UsageError {
  return new UsageError({
    code: "KNOCKOUT_MASK",
    what: `Row ${row} of ${where} cuts every source, which would leave a softmax over nothing.`,
    hint: "Leave at least one source per row, or use zero at hook_pattern or hook_z to silence a position.",
    fields: { where, row },
  });
}

export function interventionDtype(site: Site, kind: string, at: string, dtype: string): ShapeError {
  return new ShapeError({
    code: "INTERVENTION_DTYPE",
    what: `The intervention ${kind} at ${site.path} would make ${dtype} of the value there, ${at}.`,
    hint: "Give whole numbers where the site has integers, or match a site after them.",
    fields: { site: site.path, kind, at, dtype },
  });
}

/** @param scores Paths of sites where a knockout belongs, the likeliest first. */
export function knockoutSite(site: Site, reason: string, scores: readonly string[]): UsageError {
  const nearest = scores.length === 0 ? "a site before the softmax" : scores.slice(0, 4).join(", ");
  return new UsageError({
    code: "KNOCKOUT_SITE",
    what: `A knockout cuts attention scores, before the softmax; the value at ${site.path} ${reason}.`,
    hint: `Use it at ${nearest}; to silence values after the softmax, use zero.`,
    fields: { site: site.path, reason, scores },
  });
}

export function knockoutRow(site: Site, got: string): UsageError {
  return new UsageError({
    code: "KNOCKOUT_ROW",
    what: `A knockout at ${site.path} leaves a row of the scores (${got}) without any source: the others are masked already.`,
    hint: "Leave each position at least one source that it can see, such as itself.",
    fields: { site: site.path, got },
  });
}

export function interventionUnfired(word: string, at: string): UsageError {
  return new UsageError({
    code: "INTERVENTION_UNFIRED",
    what: `The intervention ${word} at ${at} has changed nothing: no site there has run.`,
    hint: "Place it where the model passes, or leave it out; reportOf(hooked) tells which sites ran.",
    fields: { word, at },
  });
}

export function positionAxis(site: Site, word: string): UsageError {
  const declared = site.axes === undefined ? "declares no axes" : `declares the axes ${site.axes.join(", ")}`;
  return new UsageError({
    code: "POSITION_AXIS",
    what: `The positions of ${word} need the axis "pos"; ${site.path} ${declared}.`,
    hint: "Match only sites with that axis, or leave the positions out and give a value of the whole shape.",
    fields: { site: site.path, axes: site.axes },
  });
}

export function positionOutside(site: Site, word: string, position: number, size: number): ShapeError {
  return new ShapeError({
    code: "POSITION_OUTSIDE",
    what: `${word} was given position ${position}, but the value at ${site.path} has ${size} positions.`,
    hint: `Use whole numbers from ${-size} to ${size - 1}; negative ones count from the end.`,
    fields: { site: site.path, position, size },
  });
}

export function positionTwice(site: Site, word: string, position: number, size: number): ShapeError {
  return new ShapeError({
    code: "POSITION_TWICE",
    what: `${word} was given position ${position} twice: the value at ${site.path} has ${size} positions, of which it is also ${position - size}.`,
    hint: "Name each position once, from the start or from the end.",
    fields: { site: site.path, position, size },
  });
}

export function interventionValue(site: Site, kind: string, at: string, given?: string): ShapeError {
  return new ShapeError({
    code: "INTERVENTION_VALUE",
    what:
      given === undefined
        ? `The intervention ${kind} changes single tensors; the value at ${site.path} is ${at}.`
        : `The intervention ${kind} at ${site.path} has a value ${given} that does not fit ${at}.`,
    hint:
      given === undefined
        ? "Match a hook point inside instead."
        : "Give the same shape, with leading axes left out or axes of length 1 where it repeats.",
    fields: { site: site.path, kind, at, given },
  });
}
