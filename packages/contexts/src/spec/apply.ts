import { type HookFunction, type HookInfo, type Site } from "@hookdict/core";
import { describeValue, isTensor } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import {
  add,
  broadcastTo,
  cast,
  concat,
  fill,
  gather,
  keep,
  max,
  min,
  mul,
  notEqual,
  scalar,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  where,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import {
  interventionDtype,
  interventionValue,
  knockoutRow,
  positionOutside,
  positionTwice,
} from "../errors.ts";
import type { Intervention, TensorData } from "./hook-spec.ts";

/** **Ownership:** returns owned: no scope frees it. */
function toTensor({ shape, dtype = "float32", values }: TensorData): Tensor {
  return keep(tensor([...values], [...shape], dtype));
}

/**
 * The hook of an intervention.
 *
 * **Ownership:** what it holds is freed by the steps given to `defer`.
 */
export function hookOf(intervention: Intervention, defer: (step: () => void) => void): HookFunction<unknown> {
  const hold = (data: TensorData): Tensor => {
    const held = toTensor(data);
    defer(() => held.dispose());
    return held;
  };
  const change = changeOf(intervention, hold);
  return (value, info) => {
    if (!isTensor(value)) throw interventionValue(info.site, intervention.kind, describeValue(value));
    return tidy(() => {
      const changed = change(value, info);
      if (changed.dtype !== value.dtype)
        throw interventionDtype(info.site, intervention.kind, describeValue(value), changed.dtype);
      return changed;
    });
  };
}

type Change = (value: Tensor, info: HookInfo) => Tensor;

function changeOf(intervention: Intervention, hold: (data: TensorData) => Tensor): Change {
  switch (intervention.kind) {
    case "replace": {
      const held = hold(intervention.value);
      return () => share(held);
    }
    case "add": {
      const held = hold(intervention.value);
      return (value, { site }) => add(value, repeated(site, "add", fitted(held, value), value.shape));
    }
    case "addAtPositions": {
      const held = hold(intervention.value);
      return (value, info) => addAt(info, value, intervention.positions, fitted(held, value));
    }
    case "scale": {
      const { factor } = intervention;
      const isWhole = Number.isInteger(factor);
      return (value) => mul(value, isWhole && value.dtype === "int32" ? scalar(factor, "int32") : factor);
    }
    case "zero":
      return (value) => zerosLike(value);
    case "knockout": // below
  }
  const held = hold(intervention.mask);
  return (value, { site }) => knockOut(site, value, held);
}

/** What is added to integers, as integers where it has no fractions: JSON does not tell 2 from 2.0. */
function fitted(held: Tensor, { dtype }: Tensor): Tensor {
  if (dtype !== "int32" || held.dtype === "int32") return held;
  return held.dataSync().every((value) => Number.isInteger(value)) ? cast(held, "int32") : held;
}

/** @throws ShapeError `INTERVENTION_VALUE` when it does not fit. */
function repeated(site: Site, kind: string, given: Tensor, shape: readonly number[]): Tensor {
  const padded = [...shape.slice(0, Math.max(0, shape.length - given.rank)).map(() => 1), ...given.shape];
  const fits = padded.length === shape.length && padded.every((size, i) => size === 1 || size === shape[i]);
  if (!fits) throw interventionValue(site, kind, `[${shape.join(", ")}]`, describeValue(given));
  return broadcastTo(given, [...shape]);
}

/** Positions are those of the whole row: a run of a generation need not have them. */
function addAt(
  { site, step, firstPosition }: HookInfo,
  value: Tensor,
  positions: readonly number[],
  given: Tensor,
): Tensor {
  const axis = site.axes?.indexOf("pos") ?? -1; // the factory has checked that it is there
  const size = value.shape[axis] ?? 0;
  const end = firstPosition + size;
  const isSeries = step !== undefined || firstPosition > 0;
  const along = (length: number): number[] => value.shape.map((whole, i) => (i === axis ? length : whole));
  const rows = repeated(site, "addAtPositions", given, along(positions.length));
  // Entry 0 is nothing; entry i + 1 is the row of positions[i].
  const rowAt = new Int32Array(size);
  for (const [i, position] of positions.entries()) {
    const row = (position < 0 ? position + end : position) - firstPosition;
    const isPresent = row >= 0 && row < size;
    if (!isPresent && isSeries) continue;
    if (!isPresent) throw positionOutside(site, position, size);
    if (rowAt[row] !== 0) throw positionTwice(site, row, size);
    rowAt[row] = i + 1;
  }
  const padded = concat([zeros(along(1), value.dtype), rows], axis);
  return add(value, gather(padded, tensor1d(rowAt, "int32"), axis));
}

/** Reads one number back: a row without any score left would become NaN in the softmax. */
function knockOut(site: Site, scores: Tensor, mask: Tensor): Tensor {
  const cut = notEqual(repeated(site, "knockout", mask, scores.shape), 0);
  const left = where(cut, fill(scores.shape, -Infinity), scores);
  const [worst] = min(max(left, -1)).dataSync();
  if (worst === -Infinity) throw knockoutRow(site, describeValue(scores));
  return left;
}
