import { describeValue, MatchError, ShapeError, UsageError } from "@hookdict/tensordict";
import { formatNameFault, type NameFault } from "../sites/name-fault.ts";

export function notALayer(got: string): UsageError {
  return new UsageError({
    code: "LAYERS_NOT_A_LAYER",
    what: `hookLayers was given a ${got}, which is neither a tf.LayersModel nor a tf.layers layer.`,
    hint: "A tf.GraphModel goes to hookGraph (@hookdict/core/graph), a function to hookFunction (@hookdict/core).",
    fields: { got },
  });
}

export function layerAsync(layer: string, kind: string): UsageError {
  return new UsageError({
    code: "LAYER_ASYNC",
    what: `The call of the layer ${JSON.stringify(layer)} is ${kind}, and models of layers run at once.`,
    hint: "Write call as an ordinary function, and await what it needs before the model runs.",
    fields: { layer, kind },
  });
}

/** A layer without hooks gave a promise, or nothing that layers behind it can take. */
export function layerOutput(layer: string, cause: unknown): UsageError {
  return new UsageError({
    code: "LAYER_OUTPUT",
    what: `The layer ${JSON.stringify(layer)} gave something that is no tensor, such as a promise.`,
    hint: "A layer's call gives a tensor, or a list of them, at once: await what it needs before the model runs.",
    fields: { layer },
    cause,
  });
}

/** @param inputs What a model takes; `undefined` where nobody knows, as of a bare layer. */
export function layersInputs(
  model: string,
  given: unknown,
  inputs: readonly string[] | undefined,
): ShapeError {
  return new ShapeError({
    code: "LAYERS_INPUTS",
    what: `${model} was called with ${describeValue(given)}.`,
    hint:
      inputs === undefined
        ? "Give a tensor that lives, or a list of them."
        : `Its inputs are ${inputs.join(", ")}: give a tensor that lives, or a list of as many.`,
    fields: { model, inputs },
  });
}

export function badLayerName(layer: string, fault: NameFault): UsageError {
  return new UsageError({
    code: "LAYERS_NAME",
    what: `The layer ${JSON.stringify(layer)} cannot be a site under its name: ${formatNameFault(fault, "layer")}.`,
    hint: `Give it another one: hookLayers(model, { names: { ${JSON.stringify(layer)}: "..." } }).`,
    fields: { layer, reason: fault.kind },
  });
}

export function unknownLayerName(name: string, nearest: readonly string[]): MatchError {
  return new MatchError({
    code: "LAYERS_NAME_UNKNOWN",
    what: `The option names of hookLayers renames ${JSON.stringify(name)}, but no layer has that name.`,
    hint: nearest.length === 0 ? "The model has no layers." : `The nearest names are ${nearest.join(", ")}.`,
    fields: { name, nearest },
  });
}

export function axesOfNoLayer(glob: string, nearest: readonly string[]): MatchError {
  return new MatchError({
    code: "LAYERS_AXES_UNKNOWN",
    what: `The option axes of hookLayers names axes for ${JSON.stringify(glob)}, which matches no layer.`,
    hint: nearest.length === 0 ? "The model has no layers." : `The nearest paths are ${nearest.join(", ")}.`,
    fields: { glob, nearest },
  });
}
