import { image, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";

/** How a map is made larger: bilinear with half-pixel centres, or the nearest entry. */
export type ResizeMode = "bilinear" | "nearest";

/** Resizes images `[batch, height, width, channel]`. **Ownership:** borrows; returns owned. */
export function resizeMaps(
  maps: Tensor,
  size: readonly [number, number],
  mode: ResizeMode = "bilinear",
): Tensor {
  const images = maps as Tensor4D; // the doc says so, TensorFlow.js checks it
  return mode === "nearest"
    ? image.resizeNearestNeighbor(images, [...size])
    : image.resizeBilinear(images, [...size], false, true);
}
