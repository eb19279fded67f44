import { zerosLike } from "@tensorflow/tfjs-core";
import type { Positioned } from "../data.ts";
import { checkPositions } from "../fields.ts";
import type { Word } from "./word.ts";

/** Puts zeros in the value's place. */
export interface Zero extends Positioned {
  readonly kind: "zero";
}

export const zero: Word = {
  needs: {},
  may: { positions: checkPositions },
  change: (value) => zerosLike(value),
};
