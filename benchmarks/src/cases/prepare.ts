import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import type { Tensor } from "@tensorflow/tfjs-core";
import { summarise, type Timing } from "../measure.ts";

class Attention extends Module {
  readonly hook_q: HookPoint = new HookPoint();
  readonly hook_k: HookPoint = new HookPoint();
  readonly hook_v: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_v.call(this.hook_k.call(this.hook_q.call(x)));
  }
}

class Deep extends Module {
  readonly blocks: readonly Attention[] = Array.from({ length: 2500 }, () => new Attention());
  override forward(x: Tensor): Tensor {
    return this.blocks.reduce((value, block) => block.call(value), x);
  }
}

/** `prepare` and dispose with `**.hook_q` on a model of 10,000 sites. */
export interface PrepareFigures {
  readonly sites: number;
  readonly hooks: number;
  /** The first time in the process. */
  readonly coldMs: number;
  readonly warm: Timing;
}

export function prepare(): PrepareFigures {
  const model = new Deep();
  const factory = new ActivationCaching("**.hook_q");
  const once = (): number => {
    const start = performance.now();
    factory.prepare(model).dispose();
    return performance.now() - start;
  };
  const coldMs = once();
  const warm = summarise(Array.from({ length: 30 }, once));
  const { sites, hooks } = factory
    .prepare(model)
    .run((hooked) => ({ sites: hooked.sites.length, hooks: model.blocks.length }));
  return { sites, hooks, coldMs, warm };
}
