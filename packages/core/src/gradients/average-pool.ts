import {
  type AvgPoolAttrs,
  conv2d,
  conv2dTranspose,
  div,
  getGradient,
  ones,
  type Rank,
  reshape,
  type Tensor,
  type Tensor4D,
  transpose,
} from "@tensorflow/tfjs-core";
import { type Gradient, only, savedTensor } from "./gradient.ts";

let mended: Gradient | undefined;

/**
 * Means over windows that overlap the border are means of what is inside, but TensorFlow.js 4.22 divides their gradient by
 * the whole window's size on `cpu` and `wasm`. Mended wherever there is padding; nothing if that is done.
 */
export function mendedAveragePool(): readonly Gradient[] {
  const present = getGradient("AvgPool");
  if (present === undefined || present === mended) return [];
  mended = {
    ...present,
    gradFunc: (dy, saved, attributes) => {
      const attrs = attributes as unknown as AvgPoolAttrs;
      if (attrs.pad === "valid" || attrs.pad === 0) return present.gradFunc(dy, saved, attributes);
      const { shape } = savedTensor(saved, 0);
      return { x: () => shareOut(only(dy) as Tensor4D, [...shape], attrs) }; // images are of rank 4
    },
  };
  return [mended];
}

/** What each window gives, shared out evenly to its entries, channel by channel. */
function shareOut(dy: Tensor4D, shape: readonly number[], attrs: AvgPoolAttrs): Tensor {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const [batch = 1, height = 1, width = 1, channels = 1] = shape;
  const [rows, columns] = pairOf(filterSize);
  const kernel: Tensor4D = ones([rows, columns, 1, 1]);
  const inside = ones<Rank.R4>([1, height, width, 1]);
  const counts = conv2d(inside, kernel, strides, pad, "NHWC", 1, dimRoundingMode);
  const planes = reshape(transpose(dy, [0, 3, 1, 2]), [batch * channels, dy.shape[1], dy.shape[2], 1]);
  const whole: [number, number, number, number] = [batch * channels, height, width, 1];
  const shared: Tensor4D = conv2dTranspose(
    div<Tensor4D>(planes, counts),
    kernel,
    whole,
    strides,
    pad as "same", // or a number, or numbers, which its type leaves out
    dimRoundingMode,
  );
  return transpose(reshape(shared, [batch, channels, height, width]), [0, 2, 3, 1]);
}

function pairOf(size: number | [number, number]): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}
