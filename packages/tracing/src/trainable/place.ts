import { type Site } from "@hookdict/core";
import { describeValue } from "@hookdict/tensordict";
import { oneHotRows } from "@hookdict/tensordict/tensors";
import {
  add,
  concat,
  matMul,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { trainablePositions, trainableShape } from "./errors.ts";
import type { TrainableSpec } from "./spec.ts";

/** Positions of one side: the same for all examples, or a list (of several) for each. */
export type Positions = number | readonly (number | readonly number[])[];

/** Where values are taken from, and where they go; both with equally many positions. */
export interface PositionPair {
  readonly source: Positions;
  readonly base: Positions;
}

/** The part of a value that an intervention is about: all of it, one head, some positions. */
export class Part {
  readonly #site: Site;
  readonly #spec: TrainableSpec;
  readonly #positions: Positions | undefined;

  constructor(site: Site, spec: TrainableSpec, positions: Positions | undefined) {
    this.#site = site;
    this.#spec = spec;
    this.#positions = positions;
  }

  /** The part of a value: `[..., width]`. **Ownership:** borrows; returns owned by the active scope, or the value itself. */
  take(value: Tensor): Tensor {
    const headed = this.#head(value);
    if (headed.shape.at(-1) !== this.#spec.width)
      throw trainableShape(this.#site.path, `last axis of ${this.#spec.width}`, describeValue(headed));
    return this.#positions === undefined ? headed : matMul(this.#chosen(headed, this.#positions), headed);
  }

  /** A value with another part. **Ownership:** as `take`. */
  put(value: Tensor, part: Tensor): Tensor {
    const headed = this.#head(value);
    const changed = this.#positions === undefined ? part : this.#putPositions(headed, part, this.#positions);
    return this.#putHead(value, changed);
  }

  #putPositions(headed: Tensor, part: Tensor, positions: Positions): Tensor {
    const chosen = this.#chosen(headed, positions);
    const [batch = 1, , length = 1] = chosen.shape;
    // Each is multiplied by 1 or 0: other positions stay exactly what they were.
    const left = sub(1, reshape(sum(chosen, 1), [batch, length, 1]));
    return add(mul(headed, left), matMul(chosen, part, true));
  }

  /** float32 `[batch, units, pos]`: 1 at the positions. */
  #chosen(value: Tensor, positions: Positions): Tensor {
    const { path } = this.#site;
    const [batch, length] = value.shape;
    if (value.rank !== 3 || batch === undefined || length === undefined)
      throw trainableShape(path, "positions", describeValue(value));
    const rows = typeof positions === "number" ? Array.from({ length: batch }, () => positions) : positions;
    if (rows.length !== batch)
      throw trainablePositions(path, `there are ${rows.length} for ${batch} examples`);
    const lists = rows.map((row) => (typeof row === "number" ? [row] : [...row]));
    const count = lists[0]?.length ?? 0;
    for (const list of lists) {
      if (list.length !== count || count === 0)
        throw trainablePositions(path, "examples have different numbers of them");
      if (new Set(list.map((at) => (at < 0 ? at + length : at))).size !== count)
        throw trainablePositions(path, `one of ${list.join(", ")} occurs twice`);
      const outside = list.find((at) => !Number.isInteger(at) || at < -length || at >= length);
      if (outside !== undefined) throw trainablePositions(path, `${outside} is not among ${length}`);
    }
    const indices = tensor2d(
      lists.map((list) => list.map((at) => (at < 0 ? at + length : at))),
      [batch, count],
      "int32",
    );
    return oneHotRows(indices, length);
  }

  #headAxis(value: Tensor): number | undefined {
    const { head } = this.#spec;
    if (head === undefined) return undefined;
    const axis = this.#site.axes?.indexOf("head") ?? 2;
    const length = value.shape[axis];
    if (axis < 0 || length === undefined || value.rank !== 4 || head >= length)
      throw trainableShape(this.#site.path, `head ${head}`, describeValue(value));
    return axis;
  }

  #head(value: Tensor): Tensor {
    const axis = this.#headAxis(value);
    if (axis === undefined) return value;
    const shape = value.shape.filter((_, i) => i !== axis);
    return reshape(along(value, axis, this.#spec.head ?? 0, 1), shape);
  }

  #putHead(value: Tensor, changed: Tensor): Tensor {
    const axis = this.#headAxis(value);
    if (axis === undefined) return changed;
    const head = this.#spec.head ?? 0;
    const count = value.shape[axis] ?? 1;
    const one = reshape(
      changed,
      value.shape.map((length, i) => (i === axis ? 1 : length)),
    );
    const parts = [along(value, axis, 0, head), one, along(value, axis, head + 1, count - head - 1)];
    return concat(
      parts.filter(({ size }) => size > 0),
      axis,
    );
  }
}

function along(value: Tensor, axis: number, start: number, size: number): Tensor {
  const begin = value.shape.map((_, i) => (i === axis ? start : 0));
  return slice(
    value,
    begin,
    value.shape.map((length, i) => (i === axis ? size : length)),
  );
}
