import { describeValue, LifetimeError, MatchError, ShapeError, UsageError } from "@hookdict/tensordict";

export function modelUnfit(what: string, model: string): UsageError {
  return new UsageError({
    code: "CIRCUIT_MODEL",
    what: `${what} needs a transformer of @hookdict/models, and was given ${model}.`,
    hint: "Load one with loadModel, or give a model prepared on one.",
    fields: { what, model },
  });
}

export function streamNoSum(modelType: string, why: string): UsageError {
  return new UsageError({
    code: "STREAM_NO_SUM",
    what: `The residual stream of ${modelType} is no sum of what its parts add: ${why}.`,
    hint: "Take a family whose norms stand before attention and MLP, or patch its sites.",
    fields: { modelType },
  });
}

export function partAbsent(what: string, modelType: string, why: string): UsageError {
  return new UsageError({
    code: "CIRCUIT_PART",
    what: `${what} cannot be told apart in ${modelType}: ${why}.`,
    hint: "Take whole layers instead: what attention and MLP add.",
    fields: { what, modelType },
  });
}

export function captureMissing(path: string, held: number): MatchError {
  return new MatchError({
    code: "CAPTURE_MISSING",
    what: `The cache, of ${held} values, has none of ${path}.`,
    hint: "Make it with captureStream, or capture that site, too.",
    fields: { path },
  });
}

export function optionWrong(what: string, option: string, got: unknown, wanted: string): UsageError {
  const shown = typeof got === "number" || typeof got === "string" ? JSON.stringify(got) : describeValue(got);
  return new UsageError({
    code: "CIRCUIT_OPTION",
    what: `${what}: the option ${option} is ${shown}.`,
    hint: `Give ${wanted}.`,
    fields: { what, option },
  });
}

export function positionOutside(position: number, size: number): ShapeError {
  return new ShapeError({
    code: "CIRCUIT_POSITION",
    what: `The position ${position} is outside the ${size} there are.`,
    hint: `Give whole numbers from ${-size} to ${size - 1}; negative ones count from the end.`,
    fields: { position, size },
  });
}

export function tokenOutside(token: number, size: number): ShapeError {
  return new ShapeError({
    code: "CIRCUIT_TOKEN",
    what: `The token ${token} is outside the vocabulary of ${size}.`,
    hint: `Give whole numbers from 0 to ${size - 1}.`,
    fields: { token, size },
  });
}

export function tokensShape(got: string, batch: number): ShapeError {
  return new ShapeError({
    code: "CIRCUIT_TOKENS",
    what: `Logits were asked for of ${got}, and the batch has ${batch} rows.`,
    hint: "Give one token for all rows, or a list with one for each row.",
    fields: { batch },
  });
}

export function stackShape(got: readonly number[], dModel: number): ShapeError {
  return new ShapeError({
    code: "CIRCUIT_STACK",
    what: `A stack of shape [${got.join(", ")}] was given to a model whose stream is ${dModel} wide.`,
    hint: "Give [component, batch, pos, dModel] with the positions of the run, or [component, batch, dModel] with the option position.",
    fields: { got, dModel },
  });
}

export function workAborted(what: string, done: number, total: number, reason: unknown): LifetimeError {
  return new LifetimeError({
    code: "CIRCUIT_ABORTED",
    what: `${what} was aborted after ${done} of ${total} runs.`,
    cause: reason,
    fields: { done, total },
  });
}

export function metricInvalid(what: string, got: string): UsageError {
  return new UsageError({
    code: "METRIC_INVALID",
    what: `${what} was given ${got} as metrics.`,
    hint: "Give one or several of different names, such as logitDifference(right, wrong), or { name, position, of(logits, pairs) }.",
    fields: { what },
  });
}

export function metricShape(name: string, got: string, rows: number): ShapeError {
  return new ShapeError({
    code: "METRIC_SHAPE",
    what: `The metric "${name}" gave ${got} for ${rows} prompts.`,
    hint: `Give one float32 number for each prompt, as a tensor of shape [${rows}].`,
    fields: { name, rows },
  });
}

export function outputNoTensor(model: string): ShapeError {
  return new ShapeError({
    code: "CIRCUIT_OUTPUT",
    what: `${model} did not return one tensor.`,
    hint: "Circuits are found in models whose output is a tensor of logits.",
    fields: { model },
  });
}

export function promptsUnequal(clean: readonly number[], corrupt: readonly number[]): ShapeError {
  return new ShapeError({
    code: "PROMPTS_UNEQUAL",
    what: `The clean prompts are [${clean.join(", ")}], the corrupt ones [${corrupt.join(", ")}].`,
    hint: "Give as many of both, equally long: the entry of one is put in the place of the other's.",
    fields: { clean, corrupt },
  });
}

export function axisAbsent(table: string, axis: string, path: string, axes: readonly string[]): UsageError {
  const known = axes.length === 0 ? "declares none" : `has ${axes.join(", ")}`;
  return new UsageError({
    code: "SWEEP_AXIS",
    what: `The table ${table} has the axis "${axis}", and the site ${path} ${known}.`,
    hint: 'Name "layer", or axes that the sites declare.',
    fields: { table, axis, path },
  });
}

export function gridUneven(table: string, path: string, got: string, wanted: string): ShapeError {
  return new ShapeError({
    code: "SWEEP_GRID",
    what: `The table ${table} has cells ${wanted} at its first site and ${got} at ${path}.`,
    hint: "Match sites of one shape, or make a table for each shape.",
    fields: { table, path },
  });
}

export function basisUnfit(table: string, path: string, last: number, width: number): ShapeError {
  return new ShapeError({
    code: "SWEEP_BASIS",
    what: `The table ${table} has a basis of vectors of ${width}, and ${path} gives values of ${last}.`,
    hint: "Give a basis of the last axis of what the sites give.",
    fields: { table, path },
  });
}

export function siteUnfired(table: string, path: string): MatchError {
  return new MatchError({
    code: "SWEEP_UNFIRED",
    what: `The site ${path} of the table ${table} did not run once with one tensor for each prompt.`,
    hint: "Match sites that these inputs pass, whose value is a tensor with the prompts along its first axis.",
    fields: { table, path },
  });
}

export function budgetSmall(budget: number, held: number, perRow: number, prompts: number): UsageError {
  const rows = prompts === 1 ? "one row takes" : `the ${prompts} prompts, which run at once, take`;
  return new UsageError({
    code: "SWEEP_BUDGET",
    what: `A memory of ${budget} bytes is too small: captures take ${held}, and ${rows} ${perRow * prompts}.`,
    hint: `Give at least ${held + perRow * prompts}, or sweep over fewer sites${prompts === 1 ? "" : " or prompts"} at once.`,
    fields: { budget, held, perRow, prompts },
  });
}

export function notLinear(modelType: string, reason: string): UsageError {
  return new UsageError({
    code: "ATTRIBUTION_NOT_LINEAR",
    what: `What is between features of ${modelType} is not linear: ${reason}.`,
    hint: "Take transcoders of all layers and a model whose attention adds what its values are, and no hooks that change what is frozen.",
    fields: { modelType },
  });
}
