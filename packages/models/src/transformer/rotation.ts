import { add, gather, mul, tensor1d, tensor4d, type Tensor } from "@tensorflow/tfjs-core";
import type { RotationConfig } from "./config.ts";

/** Factors of a rotation at given positions; `[batch or 1, pos, 1, dHead]` each. */
export interface RotationFactors {
  readonly cos: Tensor;
  /** The sign of the pair's partner is in it. */
  readonly sin: Tensor;
  /** int32 `[dHead]`: with which dimension each is paired. */
  readonly partners: Tensor;
}

/**
 * Factors of a rotation. Dimensions that do not rotate have cosine 1 and sine 0.
 *
 * @see Su et al., RoFormer, https://arxiv.org/abs/2104.09864
 */
export function rotationFactors(
  config: RotationConfig,
  dHead: number,
  positions: readonly (readonly number[])[],
): RotationFactors {
  const { dims, isAdjacent } = config;
  const half = dims / 2;
  const [batch, pos] = [positions.length, positions[0]?.length ?? 0];
  const longest = positions.reduce((most, row) => row.reduce((max, at) => Math.max(max, at), most), -1) + 1;
  const { frequencies, factor } = frequenciesOf(config, longest);
  const cos = new Float32Array(batch * pos * dHead).fill(1);
  const sin = new Float32Array(batch * pos * dHead);
  const partners = Int32Array.from({ length: dHead }, (_, i) => i);
  for (let i = 0; i < half; i++) {
    const [a, b] = isAdjacent ? [2 * i, 2 * i + 1] : [i, i + half];
    partners[a] = b;
    partners[b] = a;
    positions.flat().forEach((at, row) => {
      const angle = Math.fround(at * (frequencies[i] ?? 0));
      cos[row * dHead + a] = cos[row * dHead + b] = Math.cos(angle) * factor;
      sin[row * dHead + b] = Math.sin(angle) * factor;
      sin[row * dHead + a] = -Math.sin(angle) * factor;
    });
  }
  return {
    cos: tensor4d(cos, [batch, pos, 1, dHead]),
    sin: tensor4d(sin, [batch, pos, 1, dHead]),
    partners: tensor1d(partners, "int32"),
  };
}

/** Rotates `[batch, pos, head, dHead]`. **Ownership:** *borrows* its arguments; *returns owned*. */
export function rotate(x: Tensor, { cos, sin, partners }: RotationFactors): Tensor {
  return add(mul(x, cos), mul(gather(x, partners as never, 3), sin)); // int32 [dHead], as made above
}

/** Frequencies of each pair, and what cosines and sines are multiplied by. */
function frequenciesOf(
  { base, dims, scaling }: RotationConfig,
  longest: number,
): { frequencies: number[]; factor: number } {
  const plain = (theta: number): number[] =>
    Array.from({ length: dims / 2 }, (_, i) => Math.fround(theta ** ((-2 * i) / dims)));
  switch (scaling.type) {
    case "none":
      return { frequencies: plain(base), factor: 1 };
    case "linear":
      return { frequencies: plain(base).map((each) => each / scaling.factor), factor: 1 };
    case "dynamic": {
      const { factor, original } = scaling;
      const stretch = (factor * longest) / original - (factor - 1);
      const theta = longest > original ? base * stretch ** (dims / (dims - 2)) : base;
      return { frequencies: plain(theta), factor: 1 };
    }
    case "llama3":
      return { frequencies: plain(base).map((each) => llama3(each, scaling)), factor: 1 };
    case "longrope": {
      const divisors = longest > scaling.original ? scaling.long : scaling.short;
      return {
        frequencies: plain(base).map((each, i) => each / (divisors[i] ?? 1)),
        factor: scaling.attention,
      };
    }
    case "yarn":
      return { frequencies: yarn(plain(base), base, dims, scaling), factor: scaling.attention };
  }
}

function llama3(
  frequency: number,
  {
    factor,
    low,
    high,
    original,
  }: { readonly factor: number; readonly low: number; readonly high: number; readonly original: number },
): number {
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > original / low) return frequency / factor;
  if (wavelength < original / high) return frequency;
  const blend = (original / wavelength - low) / (high - low);
  return ((1 - blend) * frequency) / factor + blend * frequency;
}

/** @see Peng et al., YaRN, https://arxiv.org/abs/2309.00071 */
function yarn(
  frequencies: readonly number[],
  base: number,
  dims: number,
  scaling: Extract<RotationConfig["scaling"], { type: "yarn" }>,
): number[] {
  const dimensionOf = (rotations: number): number =>
    (dims * Math.log(scaling.original / (rotations * 2 * Math.PI))) / (2 * Math.log(base));
  const { isTruncated } = scaling;
  let low = dimensionOf(scaling.betaFast);
  let high = dimensionOf(scaling.betaSlow);
  if (isTruncated) [low, high] = [Math.floor(low), Math.ceil(high)];
  low = Math.max(low, 0);
  high = Math.min(high, dims - 1);
  if (low === high) high += 0.001;
  return frequencies.map((each, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / (high - low)));
    return (each / scaling.factor) * ramp + each * (1 - ramp);
  });
}
