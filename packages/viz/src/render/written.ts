import { toBase64 } from "../description/base64.ts";
import { extent } from "../description/numbers.ts";
import type { Description } from "../description/types.ts";

/** How numbers are written. */
export interface JsonOptions {
  /** Lists of numbers with six digits, in place of base64: larger, and readable. */
  readonly readable?: boolean;
}

/** More numbers than these in one list are written as halves, where that can hold them. */
const MOST_FLOATS = 100_000;

/** Larger numbers are beyond float16. */
const LARGEST_HALF = 60_000;

/** A description that was checked as JSON, with its keys sorted; lists of numbers are written as `pack` gives them. */
export function written(
  d: Description,
  { readable = false }: JsonOptions = {},
  pack: (values: Float32Array) => unknown = packed,
): string {
  return JSON.stringify(
    d,
    (_, value: unknown) => {
      if (value instanceof Float32Array) return readable ? [...value].map(digits) : pack(value);
      if (readable && typeof value === "number") return digits(value);
      if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        return sorted(value as Record<string, unknown>);
      return value;
    },
    readable ? 1 : undefined,
  );
}

const sorted = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, record[key]]),
  );

const digits = (value: number): number | string =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : String(value);

function packed(values: Float32Array): { readonly f32: string } | { readonly f16: string } {
  const [low, high] = extent(values);
  if (values.length <= MOST_FLOATS || Math.max(-low, high) > LARGEST_HALF)
    return { f32: toBase64(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) };
  const halves = Uint16Array.from(values, toHalf);
  return { f16: toBase64(new Uint8Array(halves.buffer)) };
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The nearest float16, ties to even. */
function toHalf(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x47800000) return sign | 0x7c00;
  if (size < 0x38800000) return sign | Math.round(Math.abs(value) * 2 ** 24);
  const half = (size - 0x38000000) >>> 13;
  const rest = size & 0x1fff;
  return sign | (half + (rest > 0x1000 || (rest === 0x1000 && (half & 1) === 1) ? 1 : 0));
}
