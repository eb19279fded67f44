import { HookPoint, Module } from "@hookdict/core";
import { TrainableInterventions, type TrainableSpec } from "@hookdict/tracing";
import { mul, type Tensor, tensor } from "@tensorflow/tfjs-core";

/** x → x, through two points: `[batch, pos, d]`. */
export class Passing extends Module {
  readonly hook_x: HookPoint = new HookPoint({ axes: ["batch", "pos", "d"] });
  readonly hook_y: HookPoint = new HookPoint({ axes: ["batch", "pos", "d"] });
  override forward(x: Tensor): Tensor {
    return this.hook_y.call(mul(this.hook_x.call(x), 1));
  }
}

/** [batch, pos, d] of increasing numbers from one on. */
export function counted(shape: [number, number, number], from: number): Tensor {
  return tensor(
    Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => from + i),
    shape,
  );
}

export function single(spec: Omit<TrainableSpec, "at">): TrainableInterventions {
  return new TrainableInterventions({ interventions: [{ at: "hook_x", ...spec }] });
}
