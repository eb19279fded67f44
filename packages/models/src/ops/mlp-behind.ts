import type { Tensor } from "@tensorflow/tfjs-core";
import type { ActivationName } from "./activations.ts";
import { runFused } from "./fused.ts";
import type { NormSteps, NormWeights } from "./norm-steps.ts";
import { areFew, type Projection } from "./projections.ts";

/** Matrices of an MLP, gated where there is a gate. */
export interface MlpWeights {
  readonly gate: Projection | undefined;
  readonly in: Projection;
  readonly out: Projection;
  readonly activation: ActivationName;
}

/** What an MLP behind a sum and a norm computes. */
export interface MlpSteps {
  /** The sum, `[batch, pos, dModel]`. */
  readonly sum: Tensor;
  /** The sum's norm. */
  readonly norm: NormSteps;
  /** What the gate gives, `[batch, pos, dMlp]`, where there is one. */
  readonly gate: Tensor | undefined;
  /** What `in` gives, `[batch, pos, dMlp]`. */
  readonly in: Tensor;
  /** What the activation gives, times what `in` gives where it is gated. */
  readonly post: Tensor;
  /** What `out` gives, `[batch, pos, dModel]`. */
  readonly out: Tensor;
  /** The sum and what `out` gives. */
  readonly total: Tensor;
}

const TANH_GELU = {
  gelu_new: 1,
  gelu_pytorch_tanh: 1,
  gelu_python_tanh: 1,
  gelu_accurate: 1,
  gelu_fast: 1,
} as const;

/** Numbers by which the kernel knows the functions that it has, with a gate and without. */
const KINDS: Readonly<Record<"gated" | "plain", Readonly<Partial<Record<ActivationName, number>>>>> = {
  gated: { ...TANH_GELU, silu: 0, swish: 0 },
  plain: { ...TANH_GELU, relu: 2 },
};

/**
 * `x + y`, a norm of that, an MLP of what the norm gives, and the sum of both. `undefined` where that is not worth one operation, or the
 * backend has none, or gradients are recorded.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[batch, pos, dModel]`
 * @param y Of its shape.
 */
export function mlpBehind(x: Tensor, y: Tensor, norm: NormWeights, mlp: MlpWeights): MlpSteps | undefined {
  const { gate, in: first, out: last } = mlp;
  const kind = KINDS[gate === undefined ? "plain" : "gated"][mlp.activation];
  if (kind === undefined || !areFew(x) || x.shape.join() !== y.shape.join()) return undefined;
  const [bGate, bIn, bOut] = [gate?.bias, first.bias, last.bias];
  const hasAll = bIn && bOut && (gate === undefined || bGate);
  if (!hasAll && (bGate ?? bIn ?? bOut) !== undefined) return undefined;
  const biases = hasAll ? { ...(bGate && { bGate }), bIn, bOut } : {};
  const { gain, bias, epsilon } = norm;
  const weights = { ...(gate && { wGate: gate.weight }), wIn: first.weight, wOut: last.weight };
  const inputs = { x, y, gain, ...(bias && { shift: bias }), ...weights, ...biases };
  const all = runFused("HookdictMlp", inputs, { epsilon, kind });
  if (all === undefined) return undefined;
  const [sum, scale, normalized, output, ...rest] = all as [Tensor, Tensor, Tensor, Tensor, ...Tensor[]]; // as the kernel gives them
  const [total, out, post, hidden, gated] = rest.toReversed() as [Tensor, Tensor, Tensor, Tensor, Tensor?];
  return { sum, norm: { scale, normalized, output }, gate: gated, in: hidden, post, out, total };
}
