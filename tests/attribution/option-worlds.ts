import { BatchNorm, type BatchNormWeights, Conv2d, Linear } from "@hookdict/attribution";
import { hookFunction, HookPoint, Module } from "@hookdict/core";
import {
  add,
  keep,
  mul,
  ones,
  prod,
  softmax,
  stack,
  sum,
  tensor1d,
  tensor2d,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { Everything } from "./every-model.ts";

class Layer extends Module {
  readonly hook_pattern: HookPoint = new HookPoint();

  override forward(x: Tensor): Tensor {
    return this.hook_pattern.call(softmax(x));
  }
}

/** Two layers of two heads: patterns `[batch, 2, 2, 2]`, and two numbers of each example. */
class Patterns extends Module {
  readonly one: Layer = new Layer();
  readonly two: Layer = new Layer();

  override forward(x: Tensor): Tensor {
    return tidy(() => sum(mul(this.two.call(mul(this.one.call(x), 3)), x), [1, 2]));
  }
}

/** A place that declares nothing, before a convolution. */
class Odd extends Module {
  readonly twice: Module = new (class Twice extends Module {
    override forward(x: Tensor): Tensor {
      return mul(x, 2);
    }
  })();
  readonly conv: Conv2d = new Conv2d({ kernel: keep(ones([2, 2, 1, 2])) });

  override forward(x: Tensor): Tensor {
    return sum(this.conv.call(this.twice.call(...([x] as never)) as Tensor), [1, 2]);
  }

  dispose(): void {
    this.conv.kernel.dispose();
  }
}

/** A linear layer and its norm. */
class Normed extends Module {
  readonly linear: Linear = new Linear({
    kernel: keep(
      tensor2d([
        [0.1, -0.7],
        [0.3, 0.9],
      ]),
    ),
  });
  readonly norm: BatchNorm = new BatchNorm(
    Object.fromEntries(
      ["gamma", "beta", "mean", "variance"].map((name, i) => [name, keep(tensor1d([0.3 + i, 1.2 + i]))]),
    ) as unknown as BatchNormWeights,
  );

  override forward(x: Tensor): Tensor {
    return this.norm.call(this.linear.call(x));
  }

  dispose(): void {
    const { gamma, beta, mean, variance } = this.norm.weights;
    for (const each of [this.linear.kernel, gamma, beta, mean, variance]) each?.dispose();
  }
}

/** Models, with the shapes of their examples. */
export const WORLDS = {
  image: { shape: [3, 3, 1], model: (): object => new Everything() },
  patterns: { shape: [2, 2, 2], model: (): object => new Patterns() },
  /** More features than there are coalitions for. */
  wide: {
    shape: [12],
    model: (): object => hookFunction((x: Tensor) => tidy(() => stack([prod(add(x, 1), 1), sum(x, 1)], 1))),
  },
  odd: { shape: [3, 3, 1], model: (): object => new Odd() },
  normed: { shape: [2], model: (): object => new Normed() },
};
