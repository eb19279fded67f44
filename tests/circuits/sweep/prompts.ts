import { logitDifference, type Metric } from "@hookdict/circuits";
import type { TensorDict } from "@hookdict/tensordict";
import { type Tensor, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { assert } from "../../gate/suite.ts";

/** Sums of float32 in another order, in logits of about 1. */
const ROUNDING = 2e-4;

/** What most sweeps here are judged by. */
export const METRIC: Metric = logitDifference(3, 5);

export const ids = (rows: readonly (readonly number[])[]): Tensor2D =>
  tensor2d(rows.map((row) => [...row]), undefined, "int32"); // prettier-ignore

export interface Prompts {
  readonly clean: Tensor2D;
  readonly corrupt: Tensor2D;
}

/** Prompts of three tokens in which the second differs. */
export const SHORT = { clean: [1, 5, 7], corrupt: [1, 4, 7] };

/** Prompts in which only the third of six tokens differs: cells begin there or later. */
export const LONG = { clean: [1, 5, 3, 7, 2, 9], corrupt: [1, 5, 4, 7, 2, 9] };

/** Does something with a pair of prompts. */
export function withPrompts<T>(fn: (prompts: Prompts) => T, { clean, corrupt } = SHORT): T {
  const prompts = { clean: ids([clean]), corrupt: ids([corrupt]) };
  const end = (): void => [prompts.clean, prompts.corrupt].forEach((each) => each.dispose());
  let result: T | undefined;
  try {
    result = fn(prompts);
    return result;
  } finally {
    if (result instanceof Promise) void result.finally(end);
    else end();
  }
}

/** The values of a table. */
export const numbers = (result: TensorDict, table: string): number[] => [
  ...result.get<Tensor>([table, "values"]).dataSync(),
];

export function assertClose(got: readonly number[], want: readonly number[], about: string): void {
  assert.is(got.length, want.length, about);
  const far = got.findIndex((value, i) => !(Math.abs(value - (want[i] ?? NaN)) < ROUNDING));
  assert.is(far, -1, `${about}: cell ${far} is ${got[far]} in place of ${want[far]}`);
}
