import { computed } from "./check.ts";
import { checkArgument } from "@hookdict/tensordict";
import { avgPool, maxPool, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import type { Padding, WindowOptions } from "./conv.ts";
import { averageOperation } from "./operations.ts";
import type { LinearOperation, PartDescription } from "./part.ts";
import { Part } from "./part.ts";

type Pair = readonly [number, number];

/** An average pooling as a linear operation without weights; its padding counts for nothing. */
export function averagePoolOperation(window: Pair, strides: Pair, padding: Padding): LinearOperation {
  return averageOperation((x) => avgPool(x as Tensor4D, [...window], [...strides], padding)); // images are of rank 4
}

/**
 * Means over windows of images `[batch, height, width, channel]`.
 *
 * @example
 * new AveragePool2d([2, 2]).call(tensor4d([1, 2, 3, 6], [1, 2, 2, 1])).dataSync()[0]; // => 3
 */
export class AveragePool2d extends Part {
  readonly part: PartDescription;
  readonly #operation: LinearOperation;

  constructor(window: Pair, options: WindowOptions = {}) {
    super();
    checkArgument("AveragePool2d", "window", window, "a list of finite numbers");
    checkArgument("AveragePool2d", "options", options, "a record");
    const { strides = window, padding = "valid" } = options;
    checkArgument("AveragePool2d", "options.strides", strides, "a list of finite numbers");
    this.#operation = averagePoolOperation(window, strides, padding);
    this.part = { kind: "averagePool", linear: this.#operation };
  }

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () => this.#operation.apply(x, x)); // there is no kernel
  }
}

/**
 * Maxima over windows of images `[batch, height, width, channel]`.
 *
 * @example
 * new MaxPool2d([2, 2]).call(tensor4d([1, 2, 3, 6], [1, 2, 2, 1])).dataSync()[0]; // => 6
 */
export class MaxPool2d extends Part {
  readonly part: PartDescription = { kind: "maxPool", forward: (x) => this.forward(x) };
  readonly window: Pair;
  readonly strides: Pair;
  readonly padding: Padding;

  constructor(window: Pair, options: WindowOptions = {}) {
    super();
    checkArgument("MaxPool2d", "window", window, "a list of finite numbers");
    checkArgument("MaxPool2d", "options", options, "a record");
    const { strides = window, padding = "valid" } = options;
    checkArgument("MaxPool2d", "options.strides", strides, "a list of finite numbers");
    this.window = window;
    this.strides = strides;
    this.padding = padding;
  }

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () =>
      maxPool(x as Tensor4D, [...this.window], [...this.strides], this.padding),
    ); // images are of rank 4
  }
}
