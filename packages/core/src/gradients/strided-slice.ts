import {
  pad,
  reshape,
  reverse,
  slice,
  slice_util,
  type StridedSliceAttrs,
  type Tensor,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Gradient, only, savedTensor } from "./gradient.ts";

/** `x[begin:end:stride]` along every axis: the gradient goes back to where its elements came from. */
export const stridedSliceGradient: Gradient = {
  kernelName: "StridedSlice",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attributes) => {
    const { shape } = savedTensor(saved, 0);
    const attrs = attributes as unknown as StridedSliceAttrs;
    return { x: () => scatterSlice(only(dy), [...shape], attrs) };
  },
};

function scatterSlice(dy: Tensor, shape: number[], attrs: StridedSliceAttrs): Tensor {
  const { begin, end, strides } = slice_util.sliceInfo(
    shape,
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  );
  const picks = shape.map((size, axis) =>
    picked(begin[axis] ?? 0, end[axis] ?? size, strides[axis] ?? 1, size),
  );
  if (picks.some(({ count }) => count === 0)) return zeros(shape, "float32");
  // New axes have length 1 and dropped ones had: without them the gradient has an axis for each of the input's.
  const sizes = picks.map(({ count }) => count);
  let gradient = reshape(dy, sizes);
  for (const [axis, pick] of picks.entries()) {
    if (pick.count === pick.size && !pick.isReversed) continue;
    sizes[axis] = pick.size;
    gradient = reshape(spread(gradient, axis, pick), sizes);
  }
  return gradient;
}

/** Which elements of an axis a slice takes: `count` of them from `first` on, every `step`-th. */
interface Pick {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly size: number;
  readonly isReversed: boolean;
}

function picked(begin: number, end: number, stride: number, size: number): Pick {
  const count = Math.max(0, Math.ceil((end - begin) / stride));
  const isReversed = stride < 0;
  const first = isReversed ? begin + (count - 1) * stride : begin;
  return { first, step: Math.abs(stride), count, size, isReversed };
}

/** The elements along an axis back at their places, with zeros between, before and after them. */
function spread(gradient: Tensor, axis: number, { first, step, count, size, isReversed }: Pick): Tensor {
  const outer = product(gradient.shape.slice(0, axis));
  const inner = product(gradient.shape.slice(axis + 1));
  const forward = isReversed ? reverse(gradient, axis) : gradient;
  const spaced = reshape(
    pad(reshape(forward, [outer * count, inner]), [
      [0, 0],
      [0, (step - 1) * inner],
    ]),
    [outer, count * step, inner],
  );
  const length = (count - 1) * step + 1;
  const cut = slice(spaced, [0, 0, 0], [outer, length, inner]);
  return pad(cut, [
    [0, 0],
    [first, size - first - length],
    [0, 0],
  ]);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}
