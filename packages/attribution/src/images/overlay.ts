import { option, readOptions } from "@hookdict/contexts";
import { checkArgument } from "@hookdict/tensordict";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { imageShape } from "../errors.ts";
import { imageMaps } from "./image-maps.ts";
import { MODE, type ResizeMode } from "./resize.ts";

/** A picture as plain data, as `ImageData` has it: red, green, blue and alpha of each pixel, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Options of {@link overlayMaps}. */
export interface OverlayOptions {
  /** Share of the map's colour where the map is largest. Default 0.6. */
  readonly opacity?: number;
  /** What the largest magnitude is; default that of each map. */
  readonly largest?: number;
  /** Default `"bilinear"`. */
  readonly mode?: ResizeMode;
}

const OPTIONS = {
  opacity: option.number({ min: 0, max: 1 }).default(0.6),
  largest: option.number({ above: 0 }),
  mode: MODE,
};

type Color = readonly [number, number, number];

/** What speaks for the target, and what speaks against it. */
const FOR: Color = [214, 39, 40];
const AGAINST: Color = [31, 119, 180];

/**
 * Images with attributions laid over them, as large as the images: red where they speak for the target, blue where they
 * speak against it, the more so the larger they are. **Ownership:** borrows.
 *
 * @param images `[batch, height, width, 1 or 3]`, 0 to 1
 * @param attribution `[batch, anyHeight, anyWidth, channel]`, summed over channels
 * @throws ShapeError `IMAGE_SHAPE`; UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const [picture] = overlayMaps(zeros([1, 2, 2, 3]), ones([1, 1, 1, 1]), { opacity: 1 });
 * [...(picture as Picture).data.slice(0, 4)]; // => [214, 39, 40, 255]
 */
export function overlayMaps(images: Tensor, attribution: Tensor, options: OverlayOptions = {}): Picture[] {
  checkArgument("overlayMaps", "images", images, "a tensor of numbers");
  checkArgument("overlayMaps", "attribution", attribution, "a tensor of numbers");
  const { opacity, largest, mode } = readOptions("overlayMaps", OPTIONS, options);
  const [batch = 0, height = 0, width = 0, channels = 0] = images.shape;
  if (images.rank !== 4 || (channels !== 1 && channels !== 3))
    throw imageShape("overlayMaps", images.shape, "[batch, height, width, 1 or 3]");
  if (attribution.rank !== 4 || attribution.shape[0] !== batch)
    throw imageShape("overlayMaps", attribution.shape, `[${batch}, height, width, channel]`);
  const maps = Float32Array.from(
    tidy(() => imageMaps(attribution, { size: [height, width], mode }).dataSync()),
  );
  const pixels = images.dataSync();
  const size = height * width;
  return Array.from({ length: batch }, (_, b) => {
    const map = maps.subarray(b * size, (b + 1) * size);
    const most = largest ?? map.reduce((top, each) => Math.max(top, Math.abs(each)), 0);
    const image = pixels.subarray(b * size * channels, (b + 1) * size * channels);
    return {
      width,
      height,
      data: blended(image, map, channels, (value) => (most === 0 ? 0 : (value / most) * opacity)),
    };
  });
}

function blended(
  image: ArrayLike<number>,
  map: ArrayLike<number>,
  channels: number,
  weightOf: (value: number) => number,
): Uint8ClampedArray {
  const data = new Uint8ClampedArray(map.length * 4);
  for (let i = 0; i < map.length; i++) {
    const weight = Math.min(1, Math.abs(weightOf(map[i] ?? 0)));
    const color = (map[i] ?? 0) >= 0 ? FOR : AGAINST;
    for (let c = 0; c < 3; c++) {
      const below = 255 * (image[i * channels + (channels === 1 ? 0 : c)] ?? 0);
      data[i * 4 + c] = below * (1 - weight) + (color[c] ?? 0) * weight;
    }
    data[i * 4 + 3] = 255;
  }
  return data;
}
