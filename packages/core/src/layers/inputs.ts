import { isTensor } from "@hookdict/tensordict";
import { layersInputs } from "./errors.ts";
import { isContainer, type LayerLike } from "./layer-like.ts";

/** What a model says of one of its inputs; a `null` is any size. */
interface Input {
  readonly sourceLayer: { readonly name: string };
  readonly shape: readonly (number | null)[];
}

/**
 * Checks what a model is called with: as many tensors as it has inputs, each of a shape that fits. Of a bare layer's
 * inputs nothing is known before it runs.
 *
 * @throws ShapeError `LAYERS_INPUTS`
 */
export function checkInputs(model: LayerLike, given: unknown): void {
  const tensors: readonly unknown[] = Array.isArray(given) ? given : [given];
  const inputs = isContainer(model) ? inputsOf(model) : undefined;
  const areTensors = tensors.length > 0 && tensors.every((tensor) => isTensor(tensor) && !tensor.isDisposed);
  const fit = inputs === undefined || (tensors.length === inputs.length && tensors.every(fits(inputs)));
  if (!areTensors || !fit) throw layersInputs(model.name, given, inputs?.map(inputText));
}

function fits(inputs: readonly Input[]): (tensor: unknown, i: number) => boolean {
  return (tensor, i) => {
    const wanted = inputs[i]?.shape ?? [];
    if (!isTensor(tensor) || tensor.rank !== wanted.length) return false;
    return wanted.every((size, axis) => size === null || size === tensor.shape[axis]);
  };
}

/** A `tf.Sequential` without layers has none. */
function inputsOf(model: LayerLike): readonly Input[] | undefined {
  const { inputs } = model as { readonly inputs?: unknown };
  return Array.isArray(inputs) ? (inputs as readonly Input[]) : undefined; // symbolic tensors
}

function inputText({ sourceLayer, shape }: Input): string {
  return `${sourceLayer.name} [${shape.map((size) => size ?? "any").join(", ")}]`;
}
