import { Activation, Linear } from "@hookdict/attribution";
import { Module } from "@hookdict/core";
import { type Tensor, tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";

/** `[batch, 3]` → fc1 `[3, 4]`, ReLU, fc2 `[4, 2]`: whole numbers everywhere. */
export class Net extends Module {
  readonly fc1: Linear = new Linear({
    kernel: tensor2d([1, -2, 3, 4, -5, 6, 7, -8, 9, 10, -11, 12], [3, 4]),
    bias: tensor1d([1, 0, -1, 2]),
  });
  readonly act: Activation = new Activation("relu");
  readonly fc2: Linear = new Linear({ kernel: tensor2d([1, 2, -3, 4, 5, -6, 7, 8], [4, 2]) });

  override forward(x: Tensor): Tensor {
    return this.fc2.call(this.act.call(this.fc1.call(x)));
  }

  dispose(): void {
    for (const each of [this.fc1.kernel, this.fc1.bias, this.fc2.kernel]) each?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Tensors that one test makes. */
export class Made {
  readonly #tensors: Tensor[] = [];

  /** **Ownership:** *borrows* them to you, until {@link Made.clear}. */
  of(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
    const each = tensor([...values], [...shape], "float32");
    this.#tensors.push(each);
    return each;
  }

  clear(): void {
    for (const each of this.#tensors.splice(0)) each.dispose();
  }
}
