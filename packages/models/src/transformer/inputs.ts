import type { Tensor } from "@tensorflow/tfjs-core";
import { layerRange, layersWhole, maskShape, maskValues } from "./errors.ts";

/**
 * The values of an attention mask that fits tokens.
 *
 * @throws ShapeError `MASK_SHAPE`; UsageError `MASK_VALUES`.
 */
export function checkMask(mask: Tensor | undefined, shape: readonly number[]): ArrayLike<number> | undefined {
  if (mask === undefined) return undefined;
  if (mask.shape.join() !== shape.join()) throw maskShape(mask.shape, shape);
  const values = mask.dataSync();
  const wrong = values.findIndex((each: number) => each !== 0 && each !== 1);
  if (wrong >= 0) throw maskValues(values[wrong] ?? Number.NaN);
  const pos = shape[1] ?? 1;
  for (let row = 0; row < values.length; row += pos)
    if (!values.subarray(row, row + pos).includes(1)) throw maskValues(0, row / pos);
  return values;
}

/**
 * The number of a layer, negative ones counted from the end.
 *
 * @throws UsageError `LAYER_RANGE`.
 */
export function layerNumber(
  option: string,
  given: number | undefined,
  fallback: number,
  nLayers: number,
): number {
  if (given === undefined) return fallback;
  const layer = given < 0 ? given + nLayers : given;
  if (!Number.isInteger(layer) || layer < 0 || layer > nLayers) throw layerRange(option, given, nLayers);
  return layer;
}

/**
 * Refuses layers to start or stop at, for models that run all of theirs.
 *
 * @throws UsageError `LAYERS_WHOLE`.
 */
export function refuseLayers(modelType: string, inputs: object | undefined): void {
  for (const option of ["startAtLayer", "stopAtLayer"])
    if ((inputs as Readonly<Record<string, unknown>> | undefined)?.[option] !== undefined)
      throw layersWhole(modelType, option);
}
