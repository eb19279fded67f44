import { option, readOptions } from "@hookdict/contexts";
import { checkArgument } from "@hookdict/tensordict";
import { abs, norm, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { imageShape } from "../errors.ts";
import { MODE, resizeMaps, type ResizeMode } from "./resize.ts";

/** Options of {@link imageMaps}. */
export interface ImageMapsOptions {
  /** How the channels of a place become one number: their sum, the sum of magnitudes, or the Euclidean norm. Default `"sum"`. */
  readonly reduce?: "sum" | "magnitude" | "norm";
  /** `[height, width]` of the maps. Default as they are. */
  readonly size?: readonly [number, number];
  /** Default `"bilinear"`. */
  readonly mode?: ResizeMode;
}

const OPTIONS = {
  reduce: option.oneOf("sum", "magnitude", "norm").default("sum"),
  size: option.of<readonly [number, number]>(
    "[height, width], whole numbers from 1 on",
    (value) =>
      Array.isArray(value) && value.length === 2 && value.every((each) => Number.isInteger(each) && each > 0),
  ),
  mode: MODE,
};

/**
 * Attributions of images as maps of one channel, of the size that is wanted. **Ownership:** borrows; returns owned,
 * `[batch, height, width, 1]`.
 *
 * @param attribution `[batch, height, width, channel]`
 * @throws ShapeError `IMAGE_SHAPE`; UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * imageMaps(ones([1, 2, 2, 3]), { size: [4, 4] }).shape; // => [1, 4, 4, 1]
 */
export function imageMaps(attribution: Tensor, options: ImageMapsOptions = {}): Tensor {
  checkArgument("imageMaps", "attribution", attribution, "a tensor of numbers");
  const { reduce, size, mode } = readOptions("imageMaps", OPTIONS, options);
  if (attribution.rank !== 4)
    throw imageShape("imageMaps", attribution.shape, "[batch, height, width, channel]");
  return tidy(() => {
    const maps =
      reduce === "norm"
        ? norm(attribution, "euclidean", 3, true)
        : sum(reduce === "sum" ? attribution : abs(attribution), 3, true);
    return size === undefined ? maps : resizeMaps(maps, size, mode);
  });
}
