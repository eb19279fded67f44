import { describeValue, MatchError, ShapeError, UsageError } from "@hookdict/tensordict";

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
