import { Activation, Conv2d, Flatten, Linear, MatMul, Sum } from "@hookdict/attribution";
import { HookPoint, Module } from "@hookdict/core";
import { clone, customGrad, keep, reshape, sum, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";

const owned: Tensor[] = [];

/** Weights of a shape. */
function weights(shape: number[], from: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const made = keep(
    tensor(
      Array.from({ length: size }, (_, i) => Math.sin(from + 1.7 * i)),
      shape,
    ),
  ); // no scope of a test's frees them
  owned.push(made);
  return made;
}

/** A model that every method can explain: images `[batch, 3, 3, 1]` through a convolution and one attention, `[batch, 2]`. */
export class Everything extends Module {
  readonly conv: Conv2d = new Conv2d({ kernel: weights([2, 2, 1, 2], 4) });
  readonly relu: Activation = new Activation("relu");
  readonly behind: HookPoint = new HookPoint();
  readonly flat: Flatten = new Flatten();
  readonly last: Linear = new Linear({ kernel: weights([8, 4], 5), bias: weights([4], 6) });
  readonly query: Linear = new Linear({ kernel: weights([2, 2], 7), bias: weights([2], 8) });
  readonly scores: MatMul = new MatMul();
  readonly softmax: Activation = new Activation("softmax");
  readonly hook_pattern: HookPoint = new HookPoint({ axes: ["batch", "head", "dest", "src"] });
  readonly mix: MatMul = new MatMul();
  readonly sum: Sum = new Sum();
  /** What each run was given and gave. */
  readonly runs: string[] = [];
  /** Numbers of the runs to which a gradient came back. */
  readonly backward = new Set<number>();
  /** A value again; gradients that come back to it are noted. */
  readonly #watched = (y: Tensor): Tensor => {
    const run = this.runs.length;
    return customGrad((given) => ({
      value: clone(given as Tensor),
      gradFunc: (dy: Tensor) => {
        this.backward.add(run);
        return clone(dy);
      },
    }))(y);
  };

  override forward(x: Tensor): Tensor {
    this.runs.push(x.dataSync().join());
    return tidy(() => {
      const [rows = 1] = x.shape;
      const heads = (each: Tensor): Tensor => reshape(each, [rows, 1, 2, 2]);
      const seen = this.behind.call(this.relu.call(this.#watched(this.conv.call(x))));
      const tokens = this.#watched(reshape(this.last.call(this.flat.call(seen)), [rows, 2, 2]));
      const values = heads(tokens);
      const pattern = this.hook_pattern.call(
        this.softmax.call(this.scores.call(heads(this.query.call(tokens)), values)),
      );
      const mixed = reshape(this.mix.call(pattern, values), [rows, 2, 2]);
      const output = sum(this.sum.call(mixed, tokens), 1);
      this.runs[this.runs.length - 1] += ` to ${output.dataSync().join()}`;
      return this.#watched(output);
    });
  }

  forget(): void {
    this.runs.length = 0;
    this.backward.clear();
  }

  dispose(): void {
    for (const each of owned.splice(0)) each.dispose();
  }
}
