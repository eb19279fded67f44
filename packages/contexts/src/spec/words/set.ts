import { share } from "@hookdict/tensordict/tensors";
import type { Positioned, ValueData } from "../data.ts";
import { checkPositions, checkValue } from "../fields.ts";
import type { Word } from "./word.ts";

/** Puts `value`, repeated where it is shorter, in the value's place. */
export interface Put extends Positioned {
  readonly kind: "set";
  readonly value: ValueData;
}

export const set: Word = {
  needs: { value: checkValue },
  may: { positions: checkPositions },
  change: (_, given) => share(given),
  isWholeAtIntegers: true,
};
