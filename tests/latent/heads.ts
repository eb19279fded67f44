import { HookPoint, Module } from "@hookdict/core";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";

/** The identity on `[batch, pos, head, dHead]`, declared as such. */
export class Heads extends Module {
  readonly hook_q: HookPoint = new HookPoint({ axes: ["batch", "pos", "head", "dHead"] });
  override forward(x: Tensor): Tensor {
    return this.hook_q.call(x);
  }
}

export const SHAPE: number[] = [2, 3, 2, 1];

/** 100·batch + 10·pos + head at every place. */
export const numbered = (sign: number): Tensor => {
  const values = [];
  for (const batch of [0, 1])
    for (const pos of [0, 1, 2])
      for (const head of [0, 1]) values.push(sign * (100 * batch + 10 * pos + head + 1));
  return tensor(values, SHAPE);
};
