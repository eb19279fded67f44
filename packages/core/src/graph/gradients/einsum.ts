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
  // An operand without axes cannot be written in an equation.
  if (result === "" || other.labels === "")
    return arrange(mul(dy, other.tensor), result + other.labels, wanted);
  if (wanted === "") return sum(mul(dy, arrange(other.tensor, other.labels, result)));
  return einsum(`${result},${other.labels}->${wanted}`, dy, other.tensor);
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
