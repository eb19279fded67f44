import type { HostTensor } from "@hookdict/tensordict/io";

/** How far values may be off. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Values and their shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What of a tensor counts: of the axis of positions, those that the mask keeps. */
export interface Kept {
  readonly mask: readonly (readonly number[])[];
  /** Which axis positions are on; batch is the first. */
  readonly axis: number;
}

/**
 * A line that says how the values differ; `undefined` where they are close. Masked scores, -Infinity or nearly, count as
 * equal to each other.
 */
export function difference(got: Values, want: Values, { atol, rtol }: Tolerance, kept?: Kept): string | undefined {
  if (got.shape.join() !== want.shape.join()) return `has shape [${got.shape.join(", ")}], not [${want.shape.join(", ")}]`;
  let worst = 0;
  let line: string | undefined;
  for (let at = 0; at < want.data.length; at++) {
    if (kept !== undefined && !isKept(at, want.shape, kept)) continue;
    const [a, b] = [got.data[at] ?? Number.NaN, want.data[at] ?? Number.NaN];
    if (b < -1e30 && a < -1e30) continue;
    const off = Math.abs(a - b) / (atol + rtol * Math.abs(b));
    if (off <= 1 || off <= worst) continue;
    if (!Number.isNaN(off)) worst = off;
    line = `element ${at} is ${a}, not ${b} (${off.toPrecision(3)} times the tolerance)`;
    if (Number.isNaN(off)) return line;
  }
  return line;
}

function isKept(at: number, shape: readonly number[], { mask, axis }: Kept): boolean {
  const size = (from: number, to?: number): number => shape.slice(from, to).reduce((a, b) => a * b, 1);
  const row = Math.floor(at / size(1));
  const pos = Math.floor(at / size(axis + 1)) % (shape[axis] ?? 1);
  return mask[row]?.[pos] !== 0;
}

/** The values of a tensor of a file. */
export function valuesOf(tensor: HostTensor): Values {
  return { shape: tensor.shape, data: tensor.data as ArrayLike<number> }; // floats or integers
}
