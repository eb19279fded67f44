import { Activation, Linear } from "@hookdict/attribution";
import { type Hookable, Module } from "@hookdict/core";
import { clone, customGrad, tensor1d, tensor2d, tidy, type Tensor } from "@tensorflow/tfjs-core";

/** Two linear layers and a ReLU, with small weights: `[batch, 2]` to `[batch, 2]`. */
export class TinyNet extends Module {
  readonly first: Linear;
  readonly relu: Activation = new Activation("relu");
  readonly last: Linear;
  /** How often the model has run. */
  runs = 0;
  /** How often a gradient has come back to it. */
  backwards = 0;
  /** The output again; its gradient is counted. */
  readonly #counted = customGrad((y) => ({
    value: clone(y as Tensor),
    gradFunc: (dy: Tensor) => {
      this.backwards++;
      return clone(dy);
    },
  }));

  constructor() {
    super();
    this.first = new Linear({
      kernel: tensor2d([
        [1, -1],
        [2, 1],
      ]),
      bias: tensor1d([0, 1]),
    });
    this.last = new Linear({
      kernel: tensor2d([
        [1, 3],
        [2, -1],
      ]),
    });
  }

  override forward(x: Tensor): Tensor {
    this.runs++;
    return tidy(() => this.#counted(this.last.call(this.relu.call(this.first.call(x)))));
  }

  dispose(): void {
    for (const tensor of [this.first.kernel, this.first.bias, this.last.kernel]) tensor?.dispose();
  }
}

/** A model with its input `[[1, 2], [3, -1]]`, freed when the function returns. */
export function withNet(fn: (net: TinyNet & Hookable<readonly Tensor[], Tensor>, x: Tensor) => void): void {
  const net = new TinyNet();
  const x = tensor2d([
    [1, 2],
    [3, -1],
  ]);
  try {
    fn(net, x); // the field `call` says the same
  } finally {
    net.dispose();
    x.dispose();
  }
}
