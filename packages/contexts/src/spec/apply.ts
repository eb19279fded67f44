import { type HookFunction, type HookInfo, type Site } from "@hookdict/core";
import { describeValue, isTensor } from "@hookdict/tensordict";
import { readNow, share } from "@hookdict/tensordict/tensors";
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
import { ownPart } from "./own-part.ts";

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
      return (value, info) => replaced(value, info, held);
    }
    case "add": {
      const added = addend(intervention.value, hold);
      return (value, info) => {
        const own = ownPart(info, added(value), value.shape);
        return own === undefined
          ? share(value)
          : add(value, repeated(info.site, "add", own.value, value.shape));
      };
    }
    case "addAtPositions": {
      const added = addend(intervention.value, hold);
      return (value, info) => addAt(info, value, intervention.positions, added(value));
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
  return (value, info) => {
    const own = ownPart(info, held, value.shape);
    return own === undefined ? share(value) : knockOut(info.site, value, own.value);
  };
}

/** What is added: to integers as integers where it has no fractions, for JSON does not tell 2 from 2.0. */
function addend(data: TensorData, hold: (data: TensorData) => Tensor): (value: Tensor) => Tensor {
  const held = hold(data);
  const isWhole = held.dtype !== "int32" && data.values.every((each) => Number.isInteger(each));
  return ({ dtype }) => (dtype === "int32" && isWhole ? cast(held, "int32") : held);
}

/** In a run of a series, positions that the replacement has not stay as they are. */
function replaced(value: Tensor, info: HookInfo, held: Tensor): Tensor {
  const own = ownPart(info, held, value.shape);
  if (own === undefined) return share(value);
  if (own.isWhole) return share(own.value);
  const full = repeated(info.site, "replace", own.value, value.shape);
  return where(notEqual(repeated(info.site, "replace", own.has(), value.shape), 0), full, value);
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

/** Reads one number back, where the backend can: a row without any score left would become NaN in the softmax. */
function knockOut(site: Site, scores: Tensor, mask: Tensor): Tensor {
  const cut = notEqual(repeated(site, "knockout", mask, scores.shape), 0);
  const left = where(cut, fill(scores.shape, -Infinity), scores);
  const [worst] = Array.from(readNow(min(max(left, -1))) ?? []);
  if (worst === -Infinity) throw knockoutRow(site, describeValue(scores));
  return left;
}
