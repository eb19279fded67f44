import { option, readOptions } from "@hookdict/contexts";
import { checkArgument } from "@hookdict/tensordict";
import type { Hookable } from "@hookdict/core";
import { add, clone, sum, tensor1d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { TENSOR } from "../options.ts";
import { asRows, innerAxes, repeatBatch, swapFirst } from "../rows.ts";
import { checkAlike, checkSamples, dot, rowsOf, scorer } from "./scores.ts";
import { meanOf } from "./statistics.ts";

/** Attributes inputs `[rows, ...]`; rows beyond the batch are copies of it with noise. **Ownership:** returns owned. */
export type Attribute = (x: Tensor) => Tensor;

type Norm = "l1" | "l2" | "linf";

function sizeOf(row: Float64Array, norm: Norm): number {
  if (norm === "l1") return row.reduce((whole, each) => whole + Math.abs(each), 0);
  return norm === "l2"
    ? Math.sqrt(dot(row, row))
    : row.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
}

/** Attributions of the examples and of their copies `[sample][example]`, and the noise `[sample][example]`. */
function explainNearby(
  attribute: Attribute,
  x: Tensor,
  noise: Tensor,
): { readonly at: Float64Array[]; readonly near: Float64Array[][]; readonly steps: Float64Array[][] } {
  checkSamples("noise", noise, x);
  const [batch = 1, samples = 1] = noise.shape;
  const moved = tidy(() => add(repeatBatch(x, samples), asRows(swapFirst(noise))));
  const [whole, near] = [attribute(x), attribute(moved)];
  const rows = rowsOf(near);
  const at = rowsOf(whole);
  for (const tensor of [moved, whole, near]) tensor.dispose();
  const draws = rowsOf(noise);
  const size = x.size / batch;
  return {
    at,
    near: Array.from({ length: samples }, (_, s) => rows.slice(s * batch, (s + 1) * batch)),
    steps: Array.from({ length: samples }, (_, s) =>
      draws.map((draw) => draw.slice(s * size, (s + 1) * size)),
    ),
  };
}

function largest(
  { at, near }: ReturnType<typeof explainNearby>,
  norm: Norm,
  divisor: (example: number, sample: number) => number,
): Tensor {
  return tensor1d(
    at.map((row, b) =>
      Math.max(
        ...near.map(
          (rows, s) =>
            sizeOf(
              row.map((each, i) => each - (rows[b]?.[i] ?? 0)),
              norm,
            ) / orOne(divisor(b, s)),
        ),
      ),
    ),
  );
}

/** What is relative to nothing counts as it is. */
function orOne(divisor: number): number {
  return divisor === 0 ? 1 : divisor;
}

/** Options of {@link sensitivityMax}. */
export interface SensitivityMaxOptions {
  /** Small perturbations, `[batch, samples, ...]`, added to the input. */
  readonly noise: Tensor;
  /** Default `"l2"`. */
  readonly norm?: Norm;
}

const NOISE = { noise: TENSOR.required() };
const SENSITIVITY = { ...NOISE, norm: option.oneOf("l1", "l2", "linf").default("l2") };

/**
 * The largest relative change of attributions under the given perturbations, `[batch]`; the change itself where they are 0
 * everywhere. **Ownership:** borrows; returns owned.
 *
 * @see Yeh et al., https://arxiv.org/abs/1901.09392
 */
export function sensitivityMax(attribute: Attribute, x: Tensor, options: SensitivityMaxOptions): Tensor {
  const { noise, norm } = readOptions("sensitivityMax", SENSITIVITY, options);
  const found = explainNearby(attribute, x, noise);
  return largest(found, norm, (b) => sizeOf(found.at[b] ?? new Float64Array(), norm));
}

/**
 * The largest ratio of the change of attributions to the change of the input, `[batch]`. **Ownership:** borrows; returns
 * owned.
 *
 * @see Alvarez-Melis and Jaakkola, https://arxiv.org/abs/1806.08049
 */
export function localLipschitz(attribute: Attribute, x: Tensor, options: { readonly noise: Tensor }): Tensor {
  const { noise } = readOptions("localLipschitz", NOISE, options);
  const found = explainNearby(attribute, x, noise);
  return largest(found, "l2", (b, s) => sizeOf(found.steps[s]?.[b] ?? new Float64Array(), "l2"));
}

/**
 * Infidelity as tdhook computes it: `(<attribution, x - x'> - sum over outputs (f(x) - f(x')))²`, averaged over samples,
 * where `x' = x + noise`. Right only for attributions of the sum of all outputs; see {@link infidelity} for the published
 * metric. **Ownership:** borrows; returns owned.
 */
export function tdhookInfidelity(
  model: Hookable,
  x: Tensor,
  attribution: Tensor,
  options: { readonly noise: Tensor },
): Tensor {
  const { noise } = readOptions("tdhookInfidelity", NOISE, options);
  checkAlike("attribution", attribution, x);
  checkSamples("noise", noise, x);
  const [batch = 1, samples = 1] = noise.shape;
  const f = scorer(model, { target: sumOfOutputs, internalBatchSize: undefined }, batch);
  const moved = tidy(() => add(repeatBatch(x, samples), asRows(swapFirst(noise))));
  const [whole, after] = [f(x, batch), f(moved, samples * batch)];
  moved.dispose();
  const draws = rowsOf(noise);
  return tensor1d(
    rowsOf(attribution).map((row, b) =>
      meanOf(
        Array.from({ length: samples }, (_, s) => {
          const step = draws[b]?.subarray(s * row.length, (s + 1) * row.length) ?? row;
          return (-dot(step, row) - ((whole[b] ?? 0) - (after[s * batch + b] ?? 0))) ** 2;
        }),
      ),
    ),
  );
}

/**
 * Sensitivity as tdhook computes it: `mean |attribution(x) - attribution(x + n)| / mean |attribution(x)|` over the
 * entries of an example, for the first perturbation, the change itself where the attribution is 0 everywhere; see
 * {@link sensitivityMax} for the published metric. **Ownership:** borrows; returns owned, `[batch]`.
 */
export function tdhookSensitivity(
  attribute: Attribute,
  x: Tensor,
  options: { readonly noise: Tensor },
): Tensor {
  const { noise } = readOptions("tdhookSensitivity", NOISE, options);
  const { at, near } = explainNearby(attribute, x, noise);
  const change = at.map((row, b) => meanOf(row.map((each, i) => Math.abs(each - (near[0]?.[b]?.[i] ?? 0)))));
  return tensor1d(change.map((each, b) => each / orOne(meanOf((at[b] ?? new Float64Array()).map(Math.abs)))));
}

/** The target of which tdhook's metrics speak: the sum of all outputs. */
export function sumOfOutputs(output: Tensor): Tensor {
  checkArgument("sumOfOutputs", "output", output, "a tensor of numbers");
  return output.rank === 1 ? clone(output) : sum(output, innerAxes(output));
}
