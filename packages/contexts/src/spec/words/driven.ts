import type { Placed, ValueData } from "../data.ts";
import { checkPositions } from "../fields.ts";
import type { Word } from "./word.ts";

interface DrivenBy<Op extends string> extends Placed {
  readonly op: Op;
  /** A position or several; default all. */
  readonly pos?: number | readonly number[];
}

/** In the words of TransformerLens's drivers. */
export type Driven =
  | DrivenBy<"suppress">
  | (DrivenBy<"scale"> & { readonly factor: number })
  | (DrivenBy<"add" | "set"> & { readonly value: ValueData });

/** A word of ours as drivers write it. */
export function driven<I extends Placed>(word: Word<I>): Word<I> {
  return { ...word, may: { pos: checkPos } };
}

function checkPos(value: unknown, where: string): void {
  if (!Number.isInteger(value)) checkPositions(value, where);
}
