import {
  describeValue,
  isTensor,
  isTensorDict,
  jsonText,
  MatchError,
  ShapeError,
  UsageError,
} from "@hookdict/tensordict";

export function inputsInvalid(name: string, got: unknown): ShapeError {
  const isGone = (isTensor(got) || isTensorDict(got)) && got.isDisposed;
  const shown =
    typeof got === "string"
      ? `of shapes ${got}`
      : `${describeValue(got)}${isGone ? ", which was disposed" : ""}`;
  return new ShapeError({
    code: "ATTRIBUTION_INPUTS",
    what: `attribute was given ${name} as ${shown}.`,
    hint: "Give a list of the model's inputs: tensors, or one record of them, that share their first axis, the batch.",
    fields: { name },
  });
}

export function batchSizeInvalid(got: unknown, shapes: string): ShapeError {
  return new ShapeError({
    code: "ATTRIBUTION_BATCH",
    what: `The batch size ${inWords(got)} does not fit inputs of shapes ${shapes}.`,
    hint: "Give the sizes with which the shapes of all inputs begin: [] for an example alone, [n] for a batch, [n, m] for a batch of batches.",
  });
}

export function targetInvalid(target: unknown, batch: number): UsageError {
  return new UsageError({
    code: "TARGET_INVALID",
    what: `The target ${inWords(target)} fits no batch of ${batch}.`,
    hint: "Give a class, one class for each example, a function of the output, or { site } or { position } with { index } or { of }.",
    fields: { batch },
  });
}

export function targetMissing(got: string): UsageError {
  return new UsageError({
    code: "TARGET_MISSING",
    what: `The target does not say which number of ${got} is explained.`,
    hint: "Give a class where the output is [batch, classes], an index for each axis of a site, or else a function that makes one number per example.",
    fields: { got },
  });
}

export function targetOutside(index: number, size: number): ShapeError {
  return new ShapeError({
    code: "TARGET_OUTSIDE",
    what: `The target ${index} is outside the ${size} there are.`,
    hint: `Give a whole number from 0 to ${size - 1}.`,
    fields: { index, size },
  });
}

export function targetShape(got: string, rows: number): ShapeError {
  return new ShapeError({
    code: "TARGET_SHAPE",
    what: `The target function returned ${got}.`,
    hint: `Return one float32 number for each of the ${rows} examples, as a tensor of shape [${rows}].`,
    fields: { got, rows },
  });
}

export function siteNeverFired(path: string): MatchError {
  return new MatchError({
    code: "SITE_NEVER_FIRED",
    what: `The site ${path} did not run, or gave no tensor, when the model was called.`,
    hint: "Name a site that these inputs pass.",
    fields: { path },
  });
}

export function inputsNeverReach(place: string): UsageError {
  return new UsageError({
    code: "TARGET_INDEPENDENT",
    what: `The target has no gradient with respect to ${place}.`,
    hint: "Attribute to float inputs, or to a site before the target on which it depends.",
    fields: { place },
  });
}

export function baselineShape(place: string, got: readonly number[], wanted: readonly number[]): ShapeError {
  return new ShapeError({
    code: "BASELINE_SHAPE",
    what: `The baseline of ${place} has the shape [${got.join(", ")}], and its value [${wanted.join(", ")}].`,
    hint: "Give a number, a tensor of the value's shape, or one without the batch or with a batch of 1.",
    fields: { place, got, wanted },
  });
}

export function maskShape(place: string, got: readonly number[], wanted: readonly number[]): ShapeError {
  return new ShapeError({
    code: "MASK_SHAPE",
    what: `The feature mask of ${place} has the shape [${got.join(", ")}], which does not cover [${wanted.join(", ")}].`,
    hint: "Give whole numbers from 0 up, one for each entry of an example; entries of one number are one feature.",
    fields: { place, got, wanted },
  });
}

export function samplesShape(option: string, got: readonly number[], wanted: string): ShapeError {
  return new ShapeError({
    code: "SAMPLES_SHAPE",
    what: `The given ${option} has the shape [${got.join(", ")}].`,
    hint: `Give ${wanted}.`,
    fields: { option, got },
  });
}

export function ruleMissing(method: string, path: string, type: string): UsageError {
  return new UsageError({
    code: "RULE_MISSING",
    what: `${method} has no rule for ${path} (${type}).`,
    hint: 'Let such places pass their gradient with { unknown: "gradient" }, build the model of parts (Linear, Conv2d, ...; see Part), or, for relevance propagation, name a rule: { rules: { [path]: pass() } }.',
    fields: { method, path, type },
  });
}

export function conservationBroken(difference: number, total: number): UsageError {
  const shown = (value: number): number => Number(value.toPrecision(4)); // float32 knows no more
  return new UsageError({
    code: "RELEVANCE_LOST",
    what: `The relevance of the inputs differs by ${shown(difference)} from the ${shown(total)} of the target.`,
    hint: "Biases, stabilizers and rules such as flat take a share: leave the check out, or allow more.",
    fields: { difference, total },
  });
}

export function shapesMissing(place: string): UsageError {
  return new UsageError({
    code: "PLAN_SHAPES",
    what: `What a pass takes depends on the shape of ${place}, which is not known before a run.`,
    hint: "Give plan the option shapes: what scan(model, ...inputs) says.",
    fields: { place },
  });
}

export function noMethods(): UsageError {
  return new UsageError({
    code: "ATTRIBUTION_NO_METHOD",
    what: "attributeAll was given a hooked module without a method of attribution.",
    hint: "Prepare one, or compose(...) of several.",
  });
}

export function jobAborted(done: number, reason: unknown): UsageError {
  return new UsageError({
    code: "ATTRIBUTION_ABORTED",
    what: `The attribution was aborted after ${done} runs of the model.`,
    cause: reason,
    fields: { done },
  });
}

export function ruleUnfit(rule: string, kind: string): UsageError {
  return new UsageError({
    code: "RULE_UNFIT",
    what: `The rule ${rule} does not fit ${kind}.`,
    hint: "Rules of weights are for linear layers and convolutions, norm for sums and average pooling, pass for places of one input.",
    fields: { rule, kind },
  });
}

export function methodNotDifferentiable(method: string): UsageError {
  return new UsageError({
    code: "ATTRIBUTION_NOT_DIFFERENTIABLE",
    what: `${method} works with numbers read from tensors, so its attributions have no gradient.`,
    hint: "Take a method of gradients or relevance inside tf.grad, or attribute outside of it.",
    fields: { method },
  });
}

export function secondDerivativeMissing(operation: string): UsageError {
  return new UsageError({
    code: "SECOND_DERIVATIVE_MISSING",
    what: `The attributions have no gradient: TensorFlow.js has no derivative of ${operation}.`,
    hint: "Build the model of other operations, or register a gradient for this one with tf.registerGradient.",
    fields: { operation },
  });
}

export function tokensMismatch(shape: readonly number[], counts: readonly number[]): ShapeError {
  return new ShapeError({
    code: "TOKENS_MISMATCH",
    what: `Attributions of shape [${shape.join(", ")}] were given lists of [${counts.join(", ")}] tokens.`,
    hint: "Give attributions [batch, pos] or [batch, pos, channel], and a list of at most pos tokens for each text.",
    fields: { shape, counts },
  });
}

export function partInput(part: string, inputs: string, cause: unknown): ShapeError {
  return new ShapeError({
    code: "PART_INPUT",
    what: `${part} was given ${inputs}, which it cannot compute with.`,
    hint: "Give tensors whose shapes and dtypes fit its weights and each other.",
    fields: { part, inputs },
    cause,
  });
}

export function imageShape(method: string, got: readonly number[], wanted: string): ShapeError {
  return new ShapeError({
    code: "IMAGE_SHAPE",
    what: `${method} was given the shape [${got.join(", ")}].`,
    hint: `Give ${wanted}.`,
    fields: { method, got },
  });
}

/** Plain data as JSON, anything else in a few words. */
function inWords(value: unknown): string {
  return value === undefined ? "undefined" : jsonText(value);
}
