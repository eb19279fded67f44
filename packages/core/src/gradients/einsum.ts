import {
  broadcastTo,
  einsum,
  type EinsumAttrs,
  mul,
  reshape,
  sum,
  type Tensor,
  transpose,
} from "@tensorflow/tfjs-core";
import { type Gradient, only, savedTensor } from "./gradient.ts";

/**
 * A sum over products, such as `bqd,bkd->bqk`: the gradient of one operand is the same kind of sum, over the incoming
 * gradient and the other operand.
 */
export const einsumGradient: Gradient = {
  kernelName: "Einsum",
  saveAllInputs: true,
  gradFunc: (dy, saved, attributes) => {
    const { equation } = attributes as unknown as EinsumAttrs;
    const { operands, result } = parse(equation);
    const gradients = operands.map((labels, i) => {
      const other =
        operands.length === 1
          ? undefined
          : { labels: operands[1 - i] ?? "", tensor: savedTensor(saved, 1 - i) };
      return [
        String(i),
        () => gradientOf(only(dy), result, labels, [...savedTensor(saved, i).shape], other),
      ] as const;
    });
    return Object.fromEntries(gradients);
  },
};

interface Operand {
  readonly labels: string;
  readonly tensor: Tensor;
}

function parse(equation: string): { readonly operands: readonly string[]; readonly result: string } {
  const [left = "", result = ""] = equation.replace(/\s/g, "").split("->");
  return { operands: left.split(","), result };
}

function gradientOf(
  dy: Tensor,
  result: string,
  labels: string,
  shape: number[],
  other: Operand | undefined,
): Tensor {
  // A label that only this operand has was summed over: its gradient is the same all along that axis.
  const wanted = [...labels].filter(
    (label) => result.includes(label) || other?.labels.includes(label) === true,
  );
  const kept = shape.map((size, axis) => (wanted.includes(labels[axis] ?? "") ? size : 1));
  return broadcastTo(reshape(contract(dy, result, wanted.join(""), other), kept), shape);
}

function contract(dy: Tensor, result: string, wanted: string, other: Operand | undefined): Tensor {
  if (other === undefined) return arrange(dy, result, wanted);
  // TensorFlow.js is wrong about labels that only one operand has: those that go away are summed over before.
  const left = [...result].filter((label) => (wanted + other.labels).includes(label)).join("");
  const right = [...other.labels].filter((label) => (wanted + result).includes(label)).join("");
  const a = arrange(dy, result, left);
  const b = arrange(other.tensor, other.labels, right);
  // A product without a sum is none of its equations, and neither is one with a result or operand that has no axes.
  if (![...left].some((label) => right.includes(label) && !wanted.includes(label)))
    return mul(spread(a, left, wanted), spread(b, right, wanted));
  if (wanted === "") return sum(mul(a, arrange(b, right, left)));
  return einsum(`${left},${right}->${wanted}`, a, b);
}

/** The axes that are wanted, in that order, summed over the others. */
function arrange(tensor: Tensor, labels: string, wanted: string): Tensor {
  const dropped = [...labels].flatMap((label, axis) => (wanted.includes(label) ? [] : [axis]));
  const left = [...labels].filter((label) => wanted.includes(label));
  const reduced = dropped.length === 0 ? tensor : sum(tensor, dropped);
  return transpose(
    reduced,
    [...wanted].map((label) => left.indexOf(label)),
  );
}

/** The axes in the order in which they are wanted, with one of length 1 for each that the tensor lacks. */
function spread(tensor: Tensor, labels: string, wanted: string): Tensor {
  const shape = [...wanted].map((label) => tensor.shape[labels.indexOf(label)] ?? 1);
  const present = [...wanted].filter((label) => labels.includes(label)).join("");
  return reshape(arrange(tensor, labels, present), shape);
}
