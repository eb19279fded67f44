import {
  backend_util,
  type KernelConfig,
  matMul,
  reshape,
  sum,
  type Tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { onCpu } from "./on-cpu.ts";

/** Einstein summation of one or two tensors as one matrix product; integers, which it lacks, go to the cpu backend. */
export const einsum: KernelConfig = {
  kernelName: "Einsum",
  backendName: "wasm",
  kernelFunc: (args) => {
    const tensors = args.inputs as unknown as Tensor[]; // the op's inputs are a list
    const { equation } = args.attrs as { equation: string }; // the op's attribute
    const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors);
    if (tensors.some(({ dtype }) => dtype !== "float32")) return onCpu("Einsum").kernelFunc(args);
    return tidy(() => contract(equation.replaceAll(/\s/g, ""), tensors));
  },
};

/** A tensor and the letters of its dimensions. */
interface Term {
  readonly x: Tensor;
  readonly dims: string;
}

function contract(equation: string, tensors: readonly Tensor[]): Tensor {
  const [left = "", out = ""] = equation.split("->");
  const dims = left.split(",");
  const terms = tensors.map((x, i) => {
    const others = dims.filter((_, other) => other !== i).join("");
    return reduce({ x, dims: dims[i] ?? "" }, out + others);
  });
  return arrange(
    terms.reduce((a, b) => multiply(a, b, out)),
    out,
  );
}

/** Sums over the dimensions that nobody else has. */
function reduce({ x, dims }: Term, wanted: string): Term {
  const kept = [...dims].filter((dim) => wanted.includes(dim)).join("");
  const axes = [...dims].flatMap((dim, axis) => (wanted.includes(dim) ? [] : [axis]));
  return { x: axes.length === 0 ? x : sum(x, axes), dims: kept };
}

/** Shared dimensions are batches where the output has them, and summed over where it does not. */
function multiply(a: Term, b: Term, out: string): Term {
  const shared = [...a.dims].filter((dim) => b.dims.includes(dim));
  const batch = shared.filter((dim) => out.includes(dim)).join("");
  const summed = shared.filter((dim) => !out.includes(dim)).join("");
  const rows = [...a.dims].filter((dim) => !b.dims.includes(dim)).join("");
  const columns = [...b.dims].filter((dim) => !a.dims.includes(dim)).join("");
  const product = matMul(group(a, [batch, rows, summed]), group(b, [batch, summed, columns]));
  const sizes = new Map([a, b].flatMap(({ x, dims }) => [...dims].map((dim, i) => [dim, x.shape[i] ?? 1])));
  const dims = batch + rows + columns;
  return {
    x: reshape(
      product,
      [...dims].map((dim) => sizes.get(dim) ?? 1),
    ),
    dims,
  };
}

/** The tensor with its dimensions in groups, one dimension for each. */
function group(term: Term, groups: readonly string[]): Tensor {
  const x = arrange(term, groups.join(""));
  let axis = 0;
  const shape = groups.map((dims) => [...dims].reduce((product) => product * (x.shape[axis++] ?? 1), 1));
  return reshape(x, shape);
}

function arrange({ x, dims }: Term, wanted: string): Tensor {
  return dims === wanted
    ? x
    : transpose(
        x,
        [...wanted].map((dim) => dims.indexOf(dim)),
      );
}
