import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import { headsUneven } from "./run/errors.ts";

/** Another shape in which a body sees a value and puts one in its place. */
export interface View {
  /** From the site's shape. */
  to(value: Tensor): Tensor;
  /** Back to it. */
  from(value: Tensor): Tensor;
}

/**
 * The last axis of a value, `[..., head * dHead]`, as heads: `[..., head, dHead]`.
 *
 * @example
 * headView(2).to(tf.zeros([1, 3, 8])).shape; // => [1, 3, 2, 4]
 */
export function headView(heads: number): View {
  return Object.freeze({
    to(value: Tensor): Tensor {
      const width = value.shape.at(-1) ?? 0;
      if (width === 0 || width % heads !== 0) throw headsUneven(heads, value);
      return reshape(value, [...value.shape.slice(0, -1), heads, width / heads]);
    },
    from(value: Tensor): Tensor {
      const [count = 1, width = 1] = value.shape.slice(-2);
      return reshape(value, [...value.shape.slice(0, -2), count * width]);
    },
  });
}
