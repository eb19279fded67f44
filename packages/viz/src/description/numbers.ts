import type { Numbers } from "./types.ts";

/** A number with so many decimals, a true minus, and without the sign of a rounded zero; `–` for NaN. */
export function decimals(value: number, count: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  if (Math.abs(value) >= 1e6) return scientific(value, 2);
  const text = value.toFixed(count).replace(/^-(?=0(\.0*)?$)/, "");
  return text.replace("-", "−");
}

const scientific = (value: number, count: number): string =>
  value.toExponential(count).replaceAll("-", "−").replace("e+", "e");

/** A number with all that is told of it: "0.6412 [0.6012, 0.7012]". */
export function exact(value: number = Number.NaN, low?: number, high?: number): string {
  const interval =
    low === undefined || high === undefined ? "" : ` [${decimals(low, 4)}, ${decimals(high, 4)}]`;
  return decimals(value, 4) + interval;
}

/** As many digits as tell, for legends: 0.001, 12.5, 3,000. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return decimals(value, 0);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return scientific(value, 1);
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
  return (text.includes(".") ? text.replace(/\.?0+$/, "") : text).replace("-", "−");
}

/** The finite ones' smallest and largest; `[0, 0]` where there is none. */
export function extent(values: Numbers): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 0] : [low, high];
}

/** The indices of the numbers farthest from the centre, the farthest first, NaN left out. */
export function farthest(values: Numbers, centre: number, count: number): readonly number[] {
  const best: number[] = [];
  const size = (i: number): number => Math.abs((values[i] ?? Number.NaN) - centre);
  for (let i = 0; i < values.length; i += 1) {
    const own = size(i);
    if (Number.isNaN(own) || (best.length === count && own <= size(best.at(-1) ?? 0))) continue;
    let at = best.length;
    while (at > 0 && size(best[at - 1] ?? 0) < own) at -= 1;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

/** The largest size of a list's members, and `least` at least. */
export function most<T>(
  list: readonly T[],
  sizeOf: (each: T, i: number) => number,
  least: number = 0,
): number {
  return list.reduce((top, each, i) => Math.max(top, sizeOf(each, i)), least);
}

/** Whole numbers from 0 on. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
