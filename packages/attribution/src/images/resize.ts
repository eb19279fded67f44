import { type Option, option } from "@hookdict/contexts";
import { argumentInvalid, checkArgument, isTensor } from "@hookdict/tensordict";
import { image, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";

/** How a map is made larger: bilinear with half-pixel centres, or the nearest entry. */
export type ResizeMode = "bilinear" | "nearest";

export const MODE: Option<ResizeMode, "default"> = option.oneOf("bilinear", "nearest").default("bilinear");

/** Resizes images `[batch, height, width, channel]`. **Ownership:** borrows; returns owned. */
export function resizeMaps(
  maps: Tensor,
  size: readonly [number, number],
  mode: ResizeMode = "bilinear",
): Tensor {
  checkArgument("resizeMaps", "size", size, "a list of finite numbers");
  if (
    !isTensor(maps) ||
    maps.isDisposed ||
    maps.rank !== 4 ||
    maps.dtype === "string" ||
    maps.dtype === "complex64"
  )
    throw argumentInvalid("resizeMaps", "maps", maps, "a tensor [batch, height, width, channels]");
  const images = maps as Tensor4D; // the doc says so, TensorFlow.js checks it
  return mode === "nearest"
    ? image.resizeNearestNeighbor(images, [...size])
    : image.resizeBilinear(images, [...size], false, true);
}
