import { share } from "@hookdict/tensordict/tensors";
import type { Placed, ValueData } from "../data.ts";
import { checkValue } from "../fields.ts";
import type { Word } from "./word.ts";

/** Puts `value`, of exactly the shape that is there, in the value's place. */
export interface Replace extends Placed {
  readonly kind: "replace";
  readonly value: ValueData;
}

export const replace: Word<Replace> = {
  needs: { value: checkValue },
  may: {},
  change: (_, given) => share(given),
  isRepeated: false, // of another shape, the site refuses it
};
