import { gather, reshape, tensor1d, tidy, transpose, type Tensor } from "@tensorflow/tfjs-core";

/** One position for all rows, or a list for each row, all equally long. */
export type OutputAt = number | readonly (readonly number[])[];

/**
 * What of `x` is at the positions of each row. **Ownership:** *borrows*; *returns owned*.
 *
 * @param x `[batch or 1, ..., pos, ...]`, or with its positions first the same for all rows
 * @param axis Where its positions are.
 * @returns With as many positions as each row names; what had them first is `[batch, position, ...]`.
 */
export function positionsOfRows(x: Tensor, axis: number, at: readonly (readonly number[])[]): Tensor {
  return tidy(() => {
    const count = at[0]?.length ?? 0;
    if (axis === 0) {
      const rows = gather(x, tensor1d(at.flat(), "int32"));
      return reshape(rows, [at.length, count, ...x.shape.slice(1)]);
    }
    const axes = x.shape.map((_, i) => i);
    const order = [0, axis, ...axes.filter((i) => i !== 0 && i !== axis)];
    const first = axis === 1 ? x : transpose(x, order);
    const [lead = 1, pos = 1, ...rest] = first.shape;
    const places = at.flatMap((row, r) => row.map((each) => (lead === 1 ? 0 : r * pos) + each));
    const chosen = gather(reshape(first, [lead * pos, ...rest]), tensor1d(places, "int32"));
    const whole = reshape(chosen, [at.length, count, ...rest]);
    return axis === 1
      ? whole
      : transpose(
          whole,
          axes.map((i) => order.indexOf(i)),
        );
  });
}
