import { jsonText, ShapeError, UsageError } from "@hookdict/tensordict";

/** A weight under TransformerLens's name that the family does not have. */
export function weightAbsent(modelType: string, name: string, why: string): UsageError {
  return new UsageError({
    code: "WEIGHT_ABSENT",
    what: `A ${modelType} model has no ${name}: ${why}.`,
    hint: "`weights.names` lists the parameters that it has.",
    fields: { modelType, name },
  });
}

/** An attention mask of another shape than the tokens. */
export function maskShape(got: readonly number[], want: readonly number[]): ShapeError {
  return new ShapeError({
    code: "MASK_SHAPE",
    what: `The attention mask has shape [${got.join(", ")}]; the tokens have [${want.join(", ")}].`,
    hint: "Give one number for each token: 1, or 0 for padding.",
    fields: { got, want },
  });
}

/** An attention mask with other values than 0 and 1, or with a row of padding alone. */
export function maskValues(value: number, row?: number): UsageError {
  return new UsageError({
    code: "MASK_VALUES",
    what:
      row === undefined
        ? `The attention mask has the value ${value}.`
        : `Row ${row} of the attention mask has no token at all.`,
    hint: "It must be 1 for a token and 0 for padding, with at least one token in each row.",
    fields: { value, row },
  });
}

/** An attention mask that a backend cannot be asked for within a run. */
export function maskUnreadable(): UsageError {
  return new UsageError({
    code: "MASK_UNREADABLE",
    what: "The attention mask is a tensor on WebGPU, whose values cannot be read within a run.",
    hint: "Give rows of numbers in its place: attentionMask: [[0, 1, 1], [1, 1, 1]]. What is in a tensor, await tensor.array() says.",
  });
}

/** A layer to start or stop at that the model has not. */
export function layerRange(option: string, layer: number, nLayers: number): UsageError {
  return new UsageError({
    code: "LAYER_RANGE",
    what: `"${option}" is ${layer}; the model has ${nLayers} layers.`,
    hint: `Give an integer from ${-nLayers} to ${nLayers}; negative ones count from the end.`,
    fields: { option, layer, nLayers },
  });
}

/** A position whose output is wanted that the run has not. */
export function outputRange(at: number, pos: number): UsageError {
  return new UsageError({
    code: "OUTPUT_RANGE",
    what: `"outputAt" is ${at}; the run has ${pos} positions.`,
    hint: `Give an integer from ${-pos} to ${pos - 1}; negative ones count from the end.`,
    fields: { at, pos },
  });
}

/** A layer to start or stop at, of a model that runs all its layers. */
export function layersWhole(modelType: string, option: string): UsageError {
  return new UsageError({
    code: "LAYERS_WHOLE",
    what: `A ${modelType} model was given "${option}"; it runs all its layers.`,
    hint: "Capture the residual stream at a site, or end the run there with a hook that stops it.",
    fields: { modelType, option },
  });
}

/** A residual stream that the blocks cannot go on from. */
export function residualShape(dtype: string, shape: readonly number[], dModel: number): ShapeError {
  return new ShapeError({
    code: "RESIDUAL_SHAPE",
    what: `A run that starts at a layer takes float32 [batch, pos, ${dModel}]; got ${dtype} [${shape.join(", ")}].`,
    hint: "Give what a run with { stopAtLayer } gave.",
    fields: { dtype, shape, dModel },
  });
}

/** An encoder-decoder that is not told what to continue. */
export function decoderTokensMissing(modelType: string): UsageError {
  return new UsageError({
    code: "DECODER_TOKENS_MISSING",
    what: `A ${modelType} model was called without tokens for its decoder.`,
    hint: "Call it as model.call(tokens, { decoderTokens }), both int32 [batch, pos].",
    fields: { modelType },
  });
}

/** Pixels of another shape than the model's. */
export function pixelsShape(dtype: string, got: readonly number[], want: readonly number[]): ShapeError {
  return new ShapeError({
    code: "PIXELS_SHAPE",
    what: `Pixels must be float32 [batch, ${want.join(", ")}]; got ${dtype} [${got.join(", ")}].`,
    hint: "Resize the image, put channels first, and normalise it as the model's preprocessor does.",
    fields: { dtype, got, want },
  });
}

/** A loss that there is not: of a model that sees what comes, or of one position. */
export function lossAbsent(modelType: string, why: string): UsageError {
  return new UsageError({
    code: "LOSS_ABSENT",
    what: `The loss of a ${modelType} model's next tokens was asked for: ${why}.`,
    hint: "Give a decoder at least two positions.",
    fields: { modelType },
  });
}

/** A point that was asked for and that the model cannot have. */
export function pointUnknown(point: unknown, modelType: string, known: readonly string[]): UsageError {
  return new UsageError({
    code: "POINT_UNKNOWN",
    what: `A ${modelType} model has no point ${jsonText(point)} to ask for.`,
    hint:
      known.length === 0
        ? "It has no points on request: leave the option `points` out."
        : `Give a list of these: ${known.map((each) => `"${each}"`).join(", ")}.`,
    fields: { point, modelType, known },
  });
}

/** An expert that a hook chose and that there is not. */
export function expertUnknown(expert: number, token: number, count: number): UsageError {
  return new UsageError({
    code: "EXPERT_UNKNOWN",
    what: `Token ${token} is given to expert ${expert}; there are ${count}.`,
    hint: `A hook at hook_expert_indices gives integers from 0 to ${count - 1}.`,
    fields: { expert, token, count },
  });
}
