import { checkOptions } from "../checks/checked.ts";
import { flag, maybe } from "../checks/fit.ts";
import { fromBase64 } from "../description/base64.ts";
import type { Description } from "../description/types.ts";
import { notADescription } from "../errors.ts";
import { type BlocksOption, checkDescription, checkShape } from "./check.ts";
import { type JsonOptions, written } from "./written.ts";

/** A picture as JSON, with its keys sorted. `fromJSON` reads it. @throws ViewError `VIEW_JSON`, `VIEW_OPTION` */
export function toJSON(d: Description, options: JsonOptions = {}): string {
  checkOptions({ readable: maybe(flag) }, options);
  checkShape(d);
  return written(d, options);
}

/**
 * A picture of the JSON that `toJSON` wrote.
 *
 * @throws ViewError `VIEW_JSON`, `VIEW_INVALID`, `BLOCK_UNKNOWN`
 */
export function fromJSON(text: string, options: BlocksOption = {}): Description {
  let value: unknown;
  try {
    value = JSON.parse(text, (_, each: unknown) => revived(each));
  } catch (error) {
    throw notADescription(error instanceof Error ? error.message : String(error));
  }
  const d = value as Description; // looked at next
  checkDescription(d, options);
  return d;
}

function revived(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value);
  const [key = ""] = keys;
  const content = (value as Record<string, unknown>)[key];
  if (keys.length !== 1 || typeof content !== "string") return value;
  if (key === "f32") return new Float32Array(fromBase64(content).buffer);
  if (key === "f16") return Float32Array.from(new Uint16Array(fromBase64(content).buffer), fromHalf);
  if (key === "number" && /^(NaN|-?Infinity)$/.test(content)) return Number(content);
  return value;
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >>> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
