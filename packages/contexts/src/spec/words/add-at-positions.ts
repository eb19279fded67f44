import type { Placed, ValueData } from "../data.ts";
import { checkPositions, checkValue } from "../fields.ts";
import { add } from "./add.ts";
import type { Word } from "./word.ts";

/** `add` at positions, which must be named. */
export interface AddAtPositions extends Placed {
  readonly kind: "addAtPositions";
  readonly positions: readonly number[];
  readonly value: ValueData;
}

export const addAtPositions: Word = {
  ...add,
  needs: { positions: checkPositions, value: checkValue },
  may: {},
};
