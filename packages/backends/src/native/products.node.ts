import {
  type BatchMatMulAttrs,
  matMul,
  reshape,
  type Tensor,
  type TensorInfo,
  tidy,
} from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import { Operations, PLAIN_PRODUCT } from "./operations.node.ts";

/** Multiplications from which on three reshapes cost less than the slower product. */
const LARGE = 1 << 22;

/**
 * Has products of two matrices run as TensorFlow's `MatMul`. tfjs-node asks for `BatchMatMulV2` whatever the rank is, which
 * takes up to twice as long. Not so where a factor is transposed: there `BatchMatMulV2` is the quicker one.
 */
export function registerMatMul(): void {
  replaceKernel("BatchMatMul", "tensorflow", (original) => (call) => {
    const { a, b } = call.inputs as unknown as { a: TensorInfo; b: TensorInfo }; // the op's inputs
    const { transposeA, transposeB } = call.attrs as unknown as BatchMatMulAttrs; // the op's attributes
    const isPlain = a.dtype === "float32" && b.dtype === "float32" && !transposeA && !transposeB;
    if (isPlain && a.shape.length === 2 && b.shape.length === 2) return multiply(a, b, call.backend);
    return isPlain && isLargePair(a, b) ? multiplyFlat(a, b) : original(call);
  });
}

/** Whether every batch axis has length 1, and the product is worth three reshapes. */
function isLargePair(a: TensorInfo, b: TensorInfo): boolean {
  const isOne = [a, b].every(({ shape }) => shape.slice(0, -2).every((size) => size === 1));
  return isOne && elements(a) * (b.shape.at(-1) ?? 0) >= LARGE;
}

function multiply(a: TensorInfo, b: TensorInfo, backend: unknown): TensorInfo {
  using run = new Operations(backend);
  return run.give("MatMul", run.inputs(a, b), PLAIN_PRODUCT);
}

function multiplyFlat(a: TensorInfo, b: TensorInfo): Tensor {
  return tidy(() => {
    // Inputs of a kernel that is called through an op are tensors.
    const [flatA, flatB] = [a, b].map((each) => reshape(each as Tensor, each.shape.slice(-2)));
    const product = matMul(flatA as Tensor, flatB as Tensor);
    const outer = a.shape.length > b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2);
    return reshape(product, [...outer, ...product.shape]);
  });
}

function elements({ shape }: TensorInfo): number {
  return shape.reduce((product, each) => product * each, 1);
}
