import { argumentInvalid, isTensor } from "@hookdict/tensordict";
import { readNow } from "@hookdict/tensordict/tensors";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import {
  layerRange,
  layersWhole,
  maskShape,
  maskUnreadable,
  maskValues,
  outputRange,
  residualShape,
} from "./errors.ts";
import type { RunInputs } from "./transformer.ts";

/**
 * Which tokens are none: 1 for a token, 0 for padding, `[batch, pos]`. Rows of numbers, or a tensor of any dtype; WebGPU
 * takes rows alone, since it cannot be asked for a tensor's values within a run.
 */
export type AttentionMask = Tensor2D | readonly (readonly number[])[];

/**
 * The values of an attention mask that fits tokens, `[batch * pos]`.
 *
 * **Ownership:** *borrows* it.
 *
 * @throws ShapeError `MASK_SHAPE`; UsageError `MASK_VALUES`, `MASK_UNREADABLE`, `ARGUMENT_INVALID`.
 */
export function checkMask(
  mask: AttentionMask | undefined,
  shape: readonly number[],
): ArrayLike<number> | undefined {
  if (mask === undefined) return undefined;
  const values = valuesOf(mask, shape);
  const wrong = values.find((each) => each !== 0 && each !== 1);
  if (wrong !== undefined) throw maskValues(wrong);
  const pos = shape[1] ?? 1;
  for (let row = 0; row < values.length; row += pos)
    if (!values.slice(row, row + pos).includes(1)) throw maskValues(0, row / pos);
  return values;
}

function valuesOf(mask: AttentionMask, shape: readonly number[]): number[] {
  if (isTensor(mask)) {
    if (mask.shape.join() !== shape.join()) throw maskShape(mask.shape, shape);
    const values = readNow(mask);
    if (values === undefined) throw maskUnreadable();
    return Array.from(values);
  }
  if (!Array.isArray(mask) || !mask.every((row) => Array.isArray(row)))
    throw argumentInvalid("a model", "attentionMask", mask, "a tensor, or rows of numbers");
  const rows = mask as readonly (readonly number[])[]; // seen above
  const odd = rows.find((row) => row.length !== shape[1]) ?? rows[0] ?? [];
  if (rows.length !== shape[0] || odd.length !== shape[1]) throw maskShape([rows.length, odd.length], shape);
  return rows.flat();
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

/** The position whose output is wanted; negative ones are counted from the end. @throws UsageError `OUTPUT_RANGE` */
export function outputNumber(given: number | undefined, pos: number): number | undefined {
  if (given === undefined) return undefined;
  const at = given < 0 ? given + pos : given;
  if (!Number.isInteger(at) || at < 0 || at >= pos) throw outputRange(given, pos);
  return at;
}

/** Refuses what is no residual stream. @throws ShapeError `RESIDUAL_SHAPE` */
export function checkResidual(input: Tensor, dModel: number): void {
  const isStream = isTensor(input) && input.rank === 3 && input.shape[2] === dModel;
  if (isStream && input.size > 0 && input.dtype === "float32") return;
  const { dtype, shape } = Object(input) as Partial<Tensor>; // plain JavaScript gives anything
  throw residualShape(dtype ?? typeof input, shape ?? [], dModel);
}

/**
 * Refuses layers to start or stop at, and a single position to end in, for models that run all of theirs.
 *
 * @throws UsageError `LAYERS_WHOLE`.
 */
export function refuseLayers(
  modelType: string,
  inputs: object | undefined,
  refused: readonly (keyof RunInputs)[] = ["startAtLayer", "stopAtLayer", "outputAt"],
): void {
  for (const option of refused)
    if ((inputs as Readonly<Record<string, unknown>> | undefined)?.[option] !== undefined)
      throw layersWhole(modelType, option);
}
