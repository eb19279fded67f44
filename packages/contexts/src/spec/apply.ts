import { type HookFunction, type HookInfo, type Site } from "@hookdict/core";
import { describeValue, isTensor } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import {
  broadcastTo,
  cast,
  concat,
  gather,
  keep,
  notEqual,
  scalar,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import { interventionDtype, interventionValue, positionOutside, positionTwice } from "../errors.ts";
import type { TensorData } from "./data.ts";
import { ownPart } from "./own-part.ts";
import type { ReadIntervention } from "./words.ts";

/** **Ownership:** returns owned: no scope frees it. */
function toTensor({ shape, dtype = "float32", values }: TensorData): Tensor {
  return keep(tensor([...values], [...shape], dtype));
}

/**
 * The hook of an intervention.
 *
 * **Ownership:** what it holds is freed by the steps given to `defer`.
 */
export function hookOf(
  intervention: ReadIntervention,
  defer: (step: () => void) => void,
): HookFunction<unknown> {
  const { name, positions } = intervention;
  const held = intervention.held === undefined ? undefined : toTensor(intervention.held);
  if (held !== undefined) defer(() => held.dispose());
  const given = heldFor(intervention, held);
  const change =
    positions === undefined ? everywhere(intervention, given) : atPositions(intervention, positions, given);
  return (value, info) => {
    if (!isTensor(value)) throw interventionValue(info.site, name, describeValue(value));
    return tidy(() => {
      const changed = change(value, info);
      if (changed.dtype !== value.dtype)
        throw interventionDtype(info.site, name, describeValue(value), changed.dtype);
      return changed;
    });
  };
}

type Change = (value: Tensor, info: HookInfo) => Tensor;
type Given = (value: Tensor) => Tensor;

/** What is put or added; one zero where it is nothing. */
function heldFor({ word, held: data }: ReadIntervention, held: Tensor | undefined): Given {
  if (held === undefined) return ({ dtype }) => scalar(0, dtype);
  const isWhole =
    word.isWholeAtIntegers === true &&
    held.dtype !== "int32" &&
    data?.values.every((each) => Number.isInteger(each)) === true;
  return ({ dtype }) => (dtype === "int32" && isWhole ? cast(held, "int32") : held);
}

function everywhere({ word, name, data, held }: ReadIntervention, given: Given): Change {
  if (held === undefined) return (value, { site }) => word.change(value, value, data, site);
  return (value, info) => {
    const { site } = info;
    const own = ownPart(info, given(value), value.shape);
    if (own === undefined) return share(value);
    if (word.isRepeated === false && own.isWhole) return word.change(value, own.value, data, site);
    const changed = word.change(value, repeated(site, name, own.value, value.shape), data, site);
    if (own.isWhole || word.isIdleAtZero === true) return changed;
    // In a run of a series, positions that the given value has not stay as they are.
    return where(notEqual(repeated(site, name, own.has(), value.shape), 0), changed, value);
  };
}

/** @throws ShapeError `INTERVENTION_VALUE` when it does not fit. */
function repeated(site: Site, name: string, given: Tensor, shape: readonly number[]): Tensor {
  const padded = [...shape.slice(0, Math.max(0, shape.length - given.rank)).map(() => 1), ...given.shape];
  const fits = padded.length === shape.length && padded.every((size, i) => size === 1 || size === shape[i]);
  if (!fits) throw interventionValue(site, name, `[${shape.join(", ")}]`, describeValue(given));
  return broadcastTo(given, [...shape]);
}

/** Positions are those of the whole row: a run of a generation need not have them. */
function atPositions(
  { word, name, data }: ReadIntervention,
  positions: readonly number[],
  given: Given,
): Change {
  return (value, info) => {
    const axis = info.site.axes?.indexOf("pos") ?? -1; // the factory has checked that it is there
    const along = (length: number): number[] => value.shape.map((whole, i) => (i === axis ? length : whole));
    const rows = rowsOf(name, positions, info, value.shape[axis] ?? 0);
    const full = repeated(info.site, name, given(value), along(positions.length));
    if (rows.size === 0) return share(value);
    const at = (of: Tensor, indices: readonly number[]): Tensor =>
      gather(of, tensor1d([...indices], "int32"), axis);
    const part = at(value, [...rows.keys()]);
    const beside = at(full, [...rows.values()]);
    // Behind the value's own positions stand the changed ones: each is gathered from where it is now.
    const from = Array.from({ length: value.shape[axis] ?? 0 }, (_, row) => row);
    for (const [i, row] of [...rows.keys()].entries()) from[row] = from.length + i;
    return at(concat([value, word.change(part, beside, data, info.site)], axis), from);
  };
}

/** Rows of this run that are meant, each with its place in the list of positions. @throws ShapeError */
function rowsOf(
  name: string,
  positions: readonly number[],
  { site, step, firstPosition }: HookInfo,
  size: number,
): ReadonlyMap<number, number> {
  const end = firstPosition + size;
  const isSeries = step !== undefined || firstPosition > 0;
  const rows = new Map<number, number>();
  for (const [i, position] of positions.entries()) {
    const row = (position < 0 ? position + end : position) - firstPosition;
    const isPresent = row >= 0 && row < size;
    if (!isPresent && isSeries) continue;
    if (!isPresent) throw positionOutside(site, name, position, size);
    if (rows.has(row)) throw positionTwice(site, name, row, size);
    rows.set(row, i);
  }
  return rows;
}
