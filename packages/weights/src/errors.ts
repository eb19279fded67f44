import type { Weight } from "@hookdict/core";
import { describeValue, ShapeError, shown, UsageError } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";

export function matrixInvalid(name: string, got: unknown, wanted: string): ShapeError {
  const text = Array.isArray(got) ? shown(got) : describeValue(got);
  return new ShapeError({
    code: "MATRIX_INVALID",
    what: `${name} cannot be ${text}.`,
    hint: `Give ${wanted}.`,
    fields: { name },
  });
}

export function matricesUnfit(left: readonly number[], right: readonly number[]): ShapeError {
  return new ShapeError({
    code: "MATRICES_UNFIT",
    what: `A product was asked of [${left.join(", ")}] and [${right.join(", ")}], which do not fit.`,
    hint: "The last axis of the left must be as long as the last but one of the right, and the axes before these equal or 1.",
    fields: { left, right },
  });
}

export function matrixNotFinite(name: string, value: number): UsageError {
  return new UsageError({
    code: "MATRIX_NOT_FINITE",
    what: `${name} has the value ${value}.`,
    hint: "Decompose matrices of finite numbers only.",
    fields: { name, value },
  });
}

export function amountInvalid(got: string, wanted: string): UsageError {
  return new UsageError({
    code: "PRUNING_AMOUNT",
    what: `Pruning was given ${got}.`,
    hint: `Give ${wanted}.`,
    fields: { got },
  });
}

export function scoresUnfit(path: string, weight: Tensor, got: unknown, why?: string): ShapeError {
  return new ShapeError({
    code: "SCORES_UNFIT",
    what: `The scores of ${path} are ${describeValue(got)}${why === undefined ? "" : `, with ${why}`}.`,
    hint: `Give a number for every value of ${describeValue(weight)}.`,
    fields: { path },
  });
}

export function importanceUnknown(got: unknown, known: readonly string[]): UsageError {
  return new UsageError({
    code: "IMPORTANCE_INVALID",
    what: `scoreWeights was asked for the importance ${shown(got)}.`,
    hint: `Ask for one of ${known.join(", ")}.`,
    fields: { got, known },
  });
}

export function importanceNeeds(importance: string, option: string, got: unknown): UsageError {
  return new UsageError({
    code: "IMPORTANCE_INVALID",
    what: `The importance ${importance} was given ${describeValue(got)} as ${option}.`,
    hint: `Give a function that runs the model: { ${option}: () => ... }.`,
    fields: { importance, option },
  });
}

export function lossInvalid(got: unknown): UsageError {
  return new UsageError({
    code: "LOSS_INVALID",
    what: `The loss is ${describeValue(got)}.`,
    hint: "Return a float32 scalar that is alive and computed from the model's output.",
    fields: {},
  });
}

export function weightSiteless({ path, segments }: Weight, why: string): UsageError {
  return new UsageError({
    code: "WEIGHT_SITELESS",
    what: `What ${path} is multiplied with is not known: ${why}.`,
    hint: "Take kernels [in, out] whose path is that of a site and a name.",
    fields: { path, site: segments.slice(0, -1).join("."), why },
  });
}

export function weightsDiffer(path: string, got: unknown, wanted: unknown): ShapeError {
  return new ShapeError({
    code: "WEIGHTS_DIFFER",
    what: `${path} is ${describeValue(got)} here, and ${describeValue(wanted)} there.`,
    hint: "Give the weights of models of one kind, under the same names.",
    fields: { path },
  });
}

export function mergeInvalid(got: string, wanted: string): UsageError {
  return new UsageError({
    code: "MERGE_INVALID",
    what: `mergeTaskVectors was given ${got}.`,
    hint: `Give ${wanted}.`,
    fields: { got },
  });
}

export function alphaNone(tried: readonly number[]): UsageError {
  return new UsageError({
    code: "ALPHA_NONE",
    what: `No alpha is adequate, of those tried: ${tried.length === 0 ? "none" : tried.join(", ")}.`,
    hint: "Try smaller ones, or ask for less besides.",
    fields: { tried },
  });
}

export function factorsUnfit(
  path: string,
  kernel: Tensor,
  got: Readonly<Record<string, unknown>>,
): ShapeError {
  return new ShapeError({
    code: "FACTORS_UNFIT",
    what: `The adapter of ${path}, which is ${describeValue(kernel)}, is { ${listed(got)} }.`,
    hint: "For a kernel [in, out], give a [in, r], b [r, out], perhaps a magnitude [out], and a finite alpha.",
    fields: { path },
  });
}

export function rankOneUnfit(
  path: string,
  kernel: Tensor,
  got: Readonly<Record<string, unknown>>,
): ShapeError {
  return new ShapeError({
    code: "RANK_ONE_UNFIT",
    what: `The edit of ${path}, which is ${describeValue(kernel)}, is { ${listed(got)} }.`,
    hint: "For a kernel [in, out], give a key [in], a value [out], and perhaps a covariance [in, in].",
    fields: { path },
  });
}

function listed(got: Readonly<Record<string, unknown>>): string {
  return Object.entries(got)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === "number" ? value : describeValue(value)}`)
    .join(", ");
}

export function covarianceSingular(why: string): UsageError {
  return new UsageError({
    code: "COVARIANCE_SINGULAR",
    what: `The covariance cannot be solved for the key: ${why}.`,
    hint: "Take second moments of more inputs than they are wide, or add a multiple of the identity.",
    fields: { why },
  });
}

export function scalesUnfit(path: string, value: unknown, scales: Tensor): ShapeError {
  return new ShapeError({
    code: "SCALES_UNFIT",
    what: `${path} passes ${describeValue(value)}, and the scales are ${describeValue(scales)}.`,
    hint: "Give one scale for each channel, the last axis.",
    fields: { path },
  });
}

export function adapterSites(role: string, paths: readonly string[]): UsageError {
  return new UsageError({
    code: "ADAPTER_SITES",
    what: `The ${role} of an Adapter is ${paths.length} sites: ${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}.`,
    hint: "Name one; several adapters compose.",
    fields: { role, paths },
  });
}

export function adapterSource(source: string, target: string): UsageError {
  return new UsageError({
    code: "ADAPTER_SOURCE",
    what: `${target} has run before ${source} gave a tensor, so there is nothing to adapt.`,
    hint: "Name a source that runs before the target, and gives one tensor.",
    fields: { source, target },
  });
}

export function adapterLive(path: string, site: string, why: string): UsageError {
  return new UsageError({
    code: "ADAPTER_LIVE",
    what: `The adapter of ${path} cannot be live: ${why}.`,
    hint: 'Merge it: { mode: "merged" }.',
    fields: { path, site, why },
  });
}

export function compositionInvalid(mode: unknown, qk: readonly number[], ov: readonly number[]): UsageError {
  return new UsageError({
    code: "COMPOSITION_INVALID",
    what: `compositionScores was given the mode ${shown(mode)}, QK [${qk.join(", ")}] and OV [${ov.join(", ")}].`,
    hint: 'Give "Q", "K" or "V", and circuits [layer, head, dModel, dModel].',
    fields: { mode, qk, ov },
  });
}

export function lensInvalid(what: string, wanted: string): UsageError {
  return new UsageError({
    code: "LENS_INVALID",
    what: `A lens was given ${what}.`,
    hint: `Give ${wanted}.`,
    fields: { what },
  });
}

/** The same as core's error of whole weights, for some entries of one. */
export function partChanged(path: string, before: Tensor, after: unknown): ShapeError {
  return new ShapeError({
    code: "WEIGHT_CHANGED",
    what: `A change of ${path} gave ${describeValue(after)} in the place of ${describeValue(before)}.`,
    hint: "Return a tensor of the same shape and dtype.",
    fields: { path },
  });
}
