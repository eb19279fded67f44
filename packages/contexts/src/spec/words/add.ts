import { add as sum } from "@tensorflow/tfjs-core";
import type { Positioned, ValueData } from "../data.ts";
import { checkPositions, checkValue } from "../fields.ts";
import type { Word } from "./word.ts";

/** Adds `value`, repeated where it is shorter. */
export interface Add extends Positioned {
  readonly kind: "add";
  readonly value: ValueData;
}

export const add: Word = {
  needs: { value: checkValue },
  may: { positions: checkPositions },
  change: (value, given) => sum(value, given),
  isIdleAtZero: true,
  isWholeAtIntegers: true,
};
