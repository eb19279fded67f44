import { mul, scalar } from "@tensorflow/tfjs-core";
import type { Placed, Positioned } from "../data.ts";
import { checkFinite, checkPositions } from "../fields.ts";
import type { Word } from "./word.ts";

/** Multiplies by `factor`. */
export interface Scale extends Positioned {
  readonly kind: "scale";
  readonly factor: number;
}

export const scale: Word<Placed & { readonly factor: number }> = {
  needs: { factor: checkFinite },
  may: { positions: checkPositions },
  change: (value, _, { factor }) =>
    mul(value, Number.isInteger(factor) && value.dtype === "int32" ? scalar(factor, "int32") : factor),
  print: ({ factor }) => ` × ${factor}`,
};
