import type { Tensor } from "@tensorflow/tfjs-core";
import { runFused } from "./fused.ts";
import type { Projection } from "./projections.ts";

/** All that attention computes of queries, keys and values. */
export interface Attended {
  /** `[batch, head, dest, src]` */
  readonly scores: Tensor;
  /** `[batch, head, dest, src]` */
  readonly pattern: Tensor;
  /** `[batch, dest, head, dHead]` */
  readonly z: Tensor;
  /** What the output's matrix makes of that, `[batch, dest, dModel]`, where it was asked for. */
  readonly out: Tensor | undefined;
}

/** Where keys and values of a pass belong among those of earlier ones. */
export interface Room {
  /** `[batch, src or more, keyHead, dHead]`, nobody else's memory. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** The first column that is free, int32 `[1]`. */
  readonly at: Tensor;
}

/**
 * Writes keys and values into their room, in place, and attends to all that stand there: what `scoresInRoom`, a softmax and `valuesInRoom`
 * give. `undefined` where the backend has no such kernel: nothing is written then.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param queries `[batch, dest, head, dHead]`
 * @param keys `[batch, pos, keyHead, dHead]`, like the values.
 * @param mask Added to the scores, `[dest, src]`.
 * @param output By which what comes out is multiplied as well: for few rows.
 */
export function attendInRoom(
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  room: Room,
  mask: Tensor,
  scale: number,
  output?: Projection,
): Attended | undefined {
  const { weight, bias } = output ?? {};
  const further = { ...(weight && { weight }), ...(bias && { bias }) };
  const inputs = { queries, keys, values, keyStore: room.keys, valueStore: room.values, at: room.at, mask };
  const [z, scores, pattern, out] = runFused("HookdictAttend", { ...inputs, ...further }, { scale }) ?? [];
  return z && scores && pattern && { z, scores, pattern, out };
}
