import {
  backend_util,
  type BackendValues,
  type Conv2DBackpropFilterAttrs,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";

/** The part of the cpu backend that is used here. */
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: "float32", values: BackendValues): TensorInfo;
  readSync(dataId: object): BackendValues;
}

type Conv2DInfo = ReturnType<typeof backend_util.computeConv2DInfo>;

/**
 * Has the cpu backend, and wasm, which computes this with its code, make gradients of filters by rows of channels. The
 * shipped code (4.22) looks every number up by its index: about a hundred times slower. TensorFlow.js asks for this
 * gradient whenever one flows through a fused convolution, wanted or not.
 */
export function registerFilterGradient(): void {
  replaceKernel("Conv2DBackpropFilter", "cpu", (shipped) => {
    const byRows: KernelFunc = (params) => {
      const { x, dy } = params.inputs as unknown as { x: TensorInfo; dy: TensorInfo }; // the op's inputs
      const attrs = params.attrs as unknown as Conv2DBackpropFilterAttrs; // the op's attributes
      const { strides, pad, dimRoundingMode, filterShape, dataFormat } = attrs;
      if (dataFormat !== "NHWC") return shipped(params);
      const cpu = params.backend as unknown as CpuBackend; // `backend` is typed as {}
      const info = backend_util.computeConv2DInfo(
        x.shape as [number, number, number, number],
        filterShape,
        strides,
        1, // the gradient of a dilated convolution is refused before
        pad,
        dimRoundingMode,
      );
      const read = (tensor: TensorInfo): Float32Array => cpu.readSync(tensor.dataId) as Float32Array; // float32
      return cpu.makeTensorInfo(info.filterShape, "float32", filterGradient(read(x), read(dy), info));
    };
    return byRows;
  });
}

/** Sums, over all places, of each input channel times each output channel's gradient. */
function filterGradient(x: Float32Array, dy: Float32Array, info: Conv2DInfo): Float32Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const sums = new Float64Array(filterHeight * filterWidth * inChannels * outChannels);
  for (let place = 0; place < batchSize * outHeight * outWidth; place++) {
    const [image, row, column] = [
      Math.floor(place / (outHeight * outWidth)),
      Math.floor(place / outWidth) % outHeight,
      place % outWidth,
    ];
    const from = place * outChannels;
    for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
      const y = row * strideHeight - padInfo.top + Math.floor(tap / filterWidth);
      const z = column * strideWidth - padInfo.left + (tap % filterWidth);
      if (y < 0 || y >= inHeight || z < 0 || z >= inWidth) continue;
      const at = ((image * inHeight + y) * inWidth + z) * inChannels;
      for (let c = 0; c < inChannels; c++) {
        const value = x[at + c] as number;
        const to = (tap * inChannels + c) * outChannels;
        for (let o = 0; o < outChannels; o++) sums[to + o]! += value * (dy[from + o] as number);
      }
    }
  }
  return Float32Array.from(sums);
}
