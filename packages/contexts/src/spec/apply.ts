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
  zerosLike,
} from "@tensorflow/tfjs-core";
import {
  interventionDtype,
  interventionValue,
  knockoutRow,
  positionOutside,
  positionTwice,
} from "../errors.ts";
import type { TensorData } from "./hook-spec.ts";
import { ownPart } from "./own-part.ts";
import type { PlainIntervention } from "./words.ts";

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
  intervention: PlainIntervention,
  defer: (step: () => void) => void,
): HookFunction<unknown> {
  const { word, positions } = intervention;
  const held = intervention.value === undefined ? undefined : toTensor(intervention.value);
  if (held !== undefined) defer(() => held.dispose());
  const given = heldFor(intervention, held);
  const change =
    positions === undefined ? everywhere(intervention, given) : atPositions(intervention, positions, given);
  return (value, info) => {
    if (!isTensor(value)) throw interventionValue(info.site, word, describeValue(value));
    return tidy(() => {
      const changed = change(value, info);
      if (changed.dtype !== value.dtype)
        throw interventionDtype(info.site, word, describeValue(value), changed.dtype);
      return changed;
    });
  };
}

type Change = (value: Tensor, info: HookInfo) => Tensor;
type Given = (value: Tensor) => Tensor;

/** What is put or added: to integers as integers where it has no fractions, for JSON does not tell 2 from 2.0. */
function heldFor({ kind, value }: PlainIntervention, held: Tensor | undefined): Given {
  if (held === undefined) return ({ dtype }) => scalar(0, dtype);
  const isWhole =
    (kind === "add" || kind === "set") &&
    held.dtype !== "int32" &&
    value?.values.every((each) => Number.isInteger(each)) === true;
  return ({ dtype }) => (dtype === "int32" && isWhole ? cast(held, "int32") : held);
}

/** What becomes of a value, or of a part of it, beside a given one of the same shape. */
function made({ kind, factor }: PlainIntervention, value: Tensor, given: Tensor): Tensor {
  if (kind === "add") return add(value, given);
  if (kind !== "scale") return share(given); // `zero` is given zero
  return mul(value, Number.isInteger(factor) && value.dtype === "int32" ? scalar(factor, "int32") : factor);
}

function everywhere(intervention: PlainIntervention, given: Given): Change {
  const { kind, word } = intervention;
  if (kind === "scale") return (value) => made(intervention, value, value);
  if (kind === "zero") return (value) => zerosLike(value);
  return (value, info) => {
    const own = ownPart(info, given(value), value.shape);
    if (own === undefined) return share(value);
    if (kind === "knockout") return knockOut(info.site, value, own.value);
    if (kind === "replace" && own.isWhole) return share(own.value); // of another shape, the site refuses it
    const full = repeated(info.site, word, own.value, value.shape);
    if (kind === "add" || own.isWhole) return made(intervention, value, full);
    // In a run of a series, positions that the given value has not stay as they are.
    return where(notEqual(repeated(info.site, word, own.has(), value.shape), 0), full, value);
  };
}

/** @throws ShapeError `INTERVENTION_VALUE` when it does not fit. */
function repeated(site: Site, word: string, given: Tensor, shape: readonly number[]): Tensor {
  const padded = [...shape.slice(0, Math.max(0, shape.length - given.rank)).map(() => 1), ...given.shape];
  const fits = padded.length === shape.length && padded.every((size, i) => size === 1 || size === shape[i]);
  if (!fits) throw interventionValue(site, word, `[${shape.join(", ")}]`, describeValue(given));
  return broadcastTo(given, [...shape]);
}

/** Positions are those of the whole row: a run of a generation need not have them. */
function atPositions(intervention: PlainIntervention, positions: readonly number[], given: Given): Change {
  return (value, info) => {
    const axis = info.site.axes?.indexOf("pos") ?? -1; // the factory has checked that it is there
    const along = (length: number): number[] => value.shape.map((whole, i) => (i === axis ? length : whole));
    const rows = rowsOf(intervention.word, positions, info, value.shape[axis] ?? 0);
    const full = repeated(info.site, intervention.word, given(value), along(positions.length));
    if (rows.size === 0) return share(value);
    const at = (of: Tensor, indices: readonly number[]): Tensor =>
      gather(of, tensor1d([...indices], "int32"), axis);
    const part = at(value, [...rows.keys()]);
    const beside = at(full, [...rows.values()]);
    // Behind the value's own positions stand the changed ones: each is gathered from where it is now.
    const from = Array.from({ length: value.shape[axis] ?? 0 }, (_, row) => row);
    for (const [i, row] of [...rows.keys()].entries()) from[row] = from.length + i;
    return at(concat([value, made(intervention, part, beside)], axis), from);
  };
}

/** Rows of this run that are meant, each with its place in the list of positions. @throws ShapeError */
function rowsOf(
  word: string,
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
    if (!isPresent) throw positionOutside(site, word, position, size);
    if (rows.has(row)) throw positionTwice(site, word, row, size);
    rows.set(row, i);
  }
  return rows;
}

/** Reads one number back, where the backend can: a row without any score left would become NaN in the softmax. */
function knockOut(site: Site, scores: Tensor, mask: Tensor): Tensor {
  const cut = notEqual(repeated(site, "knockout", mask, scores.shape), 0);
  const left = where(cut, fill(scores.shape, -Infinity), scores);
  const [worst] = Array.from(readNow(min(max(left, -1))) ?? []);
  if (worst === -Infinity) throw knockoutRow(site, describeValue(scores));
  return left;
}
