import {
  avgPool,
  type AvgPoolGradAttrs,
  engine,
  exp,
  getGradient,
  type GradConfig,
  greater,
  type MaxPoolGradAttrs,
  minimum,
  mul,
  ones,
  onesLike,
  registerGradient,
  sigmoid,
  softmax,
  square,
  sub,
  sum,
  tanh,
  type Tensor,
  type Tensor4D,
  where,
  zeros,
} from "@tensorflow/tfjs-core";
import { releaseTapeLater } from "@hookdict/tensordict/tensors";
import { secondDerivativeMissing } from "./errors.ts";

/** Operations of backward passes that TensorFlow.js cannot differentiate again. */
const MISSING: readonly string[] = [
  "MaxPool3DGrad",
  "AvgPool3DGrad",
  "LRNGrad",
  "ResizeBilinearGrad",
  "ResizeNearestNeighborGrad",
  "DepthwiseConv2dNativeBackpropInput",
  "Conv3DBackpropInputV2",
  "Dilation2DBackpropInput",
];

/** The error, after which the tape of the gradient under way is freed: TensorFlow.js would keep it. */
function missing(operation: string): Error {
  releaseTapeLater();
  return secondDerivativeMissing(operation);
}

/** What goes back from a mean is a mean again. */
const averages: GradConfig = {
  kernelName: "AvgPoolGrad",
  inputsToSave: ["input"],
  gradFunc: (incoming, [input], attributes) => {
    const { filterSize, strides, pad } = attributes as unknown as AvgPoolGradAttrs;
    const { shape } = input as Tensor; // saved
    return {
      dy: () => avgPool(incoming as Tensor4D, filterSize, strides, pad), // images are of rank 4
      input: () => zeros([...shape]),
    };
  },
};

/** What goes back from a maximum is picked where the maximum is: the sum of a window in which all else is 0. */
const maxima: GradConfig = {
  kernelName: "MaxPoolGrad",
  inputsToSave: ["input", "output"],
  gradFunc: (incoming, [input, output], attributes) => {
    const { filterSize, strides, pad } = attributes as unknown as MaxPoolGradAttrs;
    const [window, steps] = [[filterSize].flat(), [strides].flat()];
    const isApart = pad === "valid" && window.every((size, i) => size <= (steps[i] ?? steps[0] ?? 0));
    if (!isApart) throw missing("MaxPoolGrad of windows that overlap or are padded");
    const [x, y] = [input as Tensor, output as Tensor]; // saved
    const size = window.length === 1 ? (window[0] ?? 1) ** 2 : window.reduce((a, b) => a * b, 1);
    return {
      dy: () => {
        const isMaximum: Tensor = engine().runKernel(
          "MaxPoolGrad",
          { dy: ones(y.shape), input: x, output: y },
          attributes,
        ); // the same windows
        const picked = mul<Tensor4D>(incoming as Tensor4D, isMaximum); // images are of rank 4
        return mul(avgPool(picked, filterSize, strides, "valid"), size);
      },
      input: () => zeros([...x.shape]),
      output: () => zeros([...y.shape]),
    };
  },
};

type Again = (dy: Tensor, x: Tensor, attributes: Readonly<Record<string, unknown>>) => Tensor;

/**
 * Operations whose gradient TensorFlow.js 4.22 makes of their output: it forgets that the output depends on the input, and
 * second derivatives are wrong or missing. These make it of the input.
 */
const OF_OUTPUT: Readonly<Record<string, readonly [input: string, gradient: Again]>> = {
  Exp: ["x", (dy, x) => mul(dy, exp(x))],
  Tanh: ["x", (dy, x) => mul(dy, sub(1, square(tanh(x))))],
  Sigmoid: ["x", (dy, x) => mul(dy, mul(sigmoid(x), sub(1, sigmoid(x))))],
  Elu: ["x", (dy, x) => mul(dy, where(greater(x, 0), onesLike(x), exp(minimum(x, 0))))],
  Softmax: [
    "logits",
    (dy, x, { dim }) => {
      const y = softmax(x, dim as number);
      return mul(y, sub(dy, sum(mul(dy, y), [dim as number], true)));
    },
  ],
};

function ofInput(kernelName: string, [input, gradient]: (typeof OF_OUTPUT)[string]): GradConfig {
  return {
    kernelName,
    inputsToSave: [input],
    gradFunc: (dy, [x], attributes) => ({
      [input]: () => gradient(dy as Tensor, x as Tensor, attributes), // one output, saved above
    }),
  };
}

/**
 * Makes gradients of gradients possible where they can be, and their lack an error that says so. Gradients that somebody
 * else has registered stay. Operations that bring their gradient along, such as `tf.logSoftmax`, cannot be mended.
 *
 * @returns what puts gradients back that were replaced, once the model has run
 */
export function registerSecondOrder(): () => void {
  for (const gradient of [averages, maxima, ...MISSING.map(refusal)])
    if (getGradient(gradient.kernelName) === undefined) registerGradient(gradient);
  const replaced = Object.keys(OF_OUTPUT).flatMap((name) => getGradient(name) ?? []);
  for (const [name, of] of Object.entries(OF_OUTPUT)) registerGradient(ofInput(name, of));
  return () => {
    for (const gradient of replaced) registerGradient(gradient);
  };
}

function refusal(kernelName: string): GradConfig {
  return {
    kernelName,
    gradFunc: () => {
      throw missing(kernelName);
    },
  };
}
