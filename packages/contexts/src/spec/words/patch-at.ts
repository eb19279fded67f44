import type { Placed, ValueData } from "../data.ts";
import { checkPosition, checkValue } from "../fields.ts";
import { set } from "./set.ts";
import type { Word } from "./word.ts";

/** `set` at one position, in candle-mi's words. */
export interface PatchAt extends Placed {
  readonly kind: "patchAt";
  readonly position: number;
  readonly value: ValueData;
}

export const patchAt: Word = { ...set, needs: { position: checkPosition, value: checkValue }, may: {} };
