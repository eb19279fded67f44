import { type DepthToSpaceAttrs, reshape, transpose } from "@tensorflow/tfjs-core";
import { type Gradient, only, savedTensor } from "./gradient.ts";

/** Channels laid out as blocks of pixels, `[batch, height, width, channels]`: the gradient's blocks become channels again. */
export const depthToSpaceGradient: Gradient = {
  kernelName: "DepthToSpace",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attributes) => {
    const { blockSize, dataFormat } = attributes as unknown as DepthToSpaceAttrs;
    const { shape } = savedTensor(saved, 0);
    const isLast = dataFormat === "NHWC";
    const [batch = 1, height = 1, width = 1, deep = 1] = isLast
      ? shape
      : [shape[0], shape[2], shape[3], shape[1]];
    const channels = deep / (blockSize * blockSize);
    const blocks = isLast
      ? [batch, height, blockSize, width, blockSize, channels]
      : [batch, channels, height, blockSize, width, blockSize];
    const order = isLast ? [0, 1, 3, 2, 4, 5] : [0, 3, 5, 1, 2, 4];
    return { x: () => reshape(transpose(reshape(only(dy), blocks), order), [...shape]) };
  },
};
