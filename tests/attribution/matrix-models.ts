import { Activation, Conv2d, Flatten, Linear, MatMul, Sum } from "@hookdict/attribution";
import { HookPoint, Module } from "@hookdict/core";
import { keep, reshape, sum, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** What becomes of the value at the site `relu`: an intervention written into the model itself. */
export type Edit = (value: Tensor) => Tensor;

/** Weights of a shape that are the same wherever they are made. */
function weights(shape: number[], from: number, owned: Tensor[]): Tensor {
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

/** A model with a site `relu` where an edit may be, a way around it, and `[batch, 2]` at its end. */
export abstract class Editable extends Module {
  readonly #owned: Tensor[] = [];
  readonly #edit: Edit | undefined;
  readonly relu: Activation = new Activation("relu");
  /** Where the value is, edited. */
  readonly behind: HookPoint = new HookPoint();

  constructor(edit?: Edit) {
    super();
    this.#edit = edit;
  }

  protected weights(shape: number[], from: number): Tensor {
    return weights(shape, from, this.#owned);
  }

  protected linear(inner: number, outer: number, from: number): Linear {
    return new Linear({
      kernel: this.weights([inner, outer], from),
      bias: this.weights([outer], from + 0.5),
    });
  }

  /** The site, edited. */
  protected edited(value: Tensor): Tensor {
    const seen = this.relu.call(value);
    return this.behind.call(this.#edit === undefined ? seen : this.#edit(seen));
  }

  dispose(): void {
    for (const each of this.#owned) each.dispose();
  }
}

/** `[batch, 3]`. */
export class EditableNet extends Editable {
  readonly first: Linear = this.linear(3, 2, 1);
  readonly last: Linear = this.linear(2, 2, 2);
  readonly around: Linear = this.linear(3, 2, 3);
  readonly sum: Sum = new Sum();

  override forward(x: Tensor): Tensor {
    return tidy(() => this.sum.call(this.last.call(this.edited(this.first.call(x))), this.around.call(x)));
  }
}

/** Images `[batch, 3, 3, 1]`; the site `relu` has 2 channels. */
export class EditableConv extends Editable {
  readonly conv: Conv2d = new Conv2d({ kernel: this.weights([2, 2, 1, 2], 4) });
  readonly flat: Flatten = new Flatten();
  readonly last: Linear = this.linear(8, 2, 5);
  readonly all: Flatten = new Flatten();
  readonly around: Linear = this.linear(9, 2, 6);
  readonly sum: Sum = new Sum();

  override forward(x: Tensor): Tensor {
    return tidy(() =>
      this.sum.call(
        this.last.call(this.flat.call(this.edited(this.conv.call(x)))),
        this.around.call(this.all.call(x)),
      ),
    );
  }
}

/** Embeddings `[batch, 2, 2]` through one attention, whose pattern is a site. */
export class EditableAttention extends Editable {
  readonly first: Linear = this.linear(2, 2, 7);
  readonly query: Linear = this.linear(2, 2, 8);
  readonly scores: MatMul = new MatMul();
  readonly softmax: Activation = new Activation("softmax");
  readonly hook_pattern: HookPoint = new HookPoint({ axes: ["batch", "head", "dest", "src"] });
  readonly mix: MatMul = new MatMul();
  readonly sum: Sum = new Sum();

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const [rows = 1] = x.shape;
      const heads = (each: Tensor): Tensor => reshape(each, [rows, 1, 2, 2]);
      const values = heads(this.edited(this.first.call(x)));
      const pattern = this.hook_pattern.call(
        this.softmax.call(this.scores.call(heads(this.query.call(x)), values)),
      );
      const mixed = reshape(this.mix.call(pattern, values), [rows, 2, 2]);
      return sum(this.sum.call(mixed, x), 1);
    });
  }
}
