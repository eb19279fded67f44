import { nonTensor, TensorDict } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { gather, reshape, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { optionWrong, positionOutside } from "../errors.ts";

/** Names of a result's axes, and labels along some of them. */
export interface LabelledAxes {
  readonly axes: readonly string[];
  /** By axis. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

/** A tensor with names of its axes and labels along some, as a TensorDict: `values`, `axes`, `labels`. */
export type Labelled = TensorDict<{ values: Tensor; axes: string[]; labels: Record<string, string[]> }>;

/**
 * The result of `make` under `values`, with its axes and labels.
 *
 * **Ownership:** *returns owned*; what `make` made besides is freed.
 */
export function labelled(make: () => Tensor, { axes, labels }: LabelledAxes): Labelled {
  const values = tidy(() => keptClone(make()));
  const dict = new TensorDict({ values, axes: nonTensor([...axes]), labels: nonTensor({ ...labels }) });
  return dict as unknown as Labelled; // what it was made of
}

/** Positions of a row: one, whose axis is then left out, or several. Negative ones count from the end. */
export type Positions = number | readonly number[];

/**
 * A tensor at some positions along one axis.
 *
 * @throws ShapeError `CIRCUIT_POSITION`; UsageError `CIRCUIT_OPTION`.
 */
export function atPositions(x: Tensor, positions: Positions | undefined, axis: number): Tensor {
  if (positions === undefined) return x;
  const size = x.shape[axis] ?? 0;
  const indices = positionIndices(positions, size);
  const taken = gather(x, tensor1d(indices, "int32"), axis);
  if (typeof positions !== "number") return taken;
  return reshape(
    taken,
    taken.shape.filter((_, i) => i !== axis),
  );
}

/**
 * Positions counted from the start.
 *
 * @throws ShapeError `CIRCUIT_POSITION`; UsageError `CIRCUIT_OPTION`.
 */
export function positionIndices(positions: Positions, size: number): number[] {
  const all = [positions].flat();
  if (all.length === 0 || all.some((each) => !Number.isInteger(each)))
    throw optionWrong("A choice of positions", "positions", positions, "a whole number or a list of them");
  return all.map((each) => {
    const index = each < 0 ? each + size : each;
    if (index < 0 || index >= size) throw positionOutside(each, size);
    return index;
  });
}
