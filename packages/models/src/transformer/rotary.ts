import type { RotaryConfig, RotaryScaling } from "./config.ts";

/** Frequencies of every pair in radians per position, and what cosines and sines are multiplied by. */
export interface Frequencies {
  readonly values: Float64Array;
  readonly amplitude: number;
}

/**
 * The frequencies of a rotary embedding.
 *
 * @param longest One more than the largest position of the batch: dynamic scaling and longrope depend on it.
 * @see Su et al., https://arxiv.org/abs/2104.09864; YaRN, https://arxiv.org/abs/2309.00071; LongRoPE,
 * https://arxiv.org/abs/2402.13753
 */
export function frequenciesOf(rotary: RotaryConfig, longest: number): Frequencies {
  const { dims, divisor = dims, base, scaling } = rotary;
  const plain = powers(dims, divisor, base);
  const factors = scaling.kind === "longrope" && (longest > scaling.original ? scaling.long : scaling.short);
  if (factors)
    return scaledBy(
      plain.map((each, i) => each / (factors[i] ?? 1)),
      rotary,
    );
  if (scaling.kind === "yarn") return scaledBy(yarn(plain, base, scaling), rotary);
  if (scaling.kind === "linear")
    return scaledBy(
      plain.map((each) => each / scaling.factor),
      rotary,
    );
  if (scaling.kind === "proportional")
    return scaledBy(
      plain.map((each, i) => (i < scaling.pairs ? each / scaling.factor : 0)),
      rotary,
    );
  if (scaling.kind === "llama3")
    return scaledBy(
      plain.map((each) => llama3(each, scaling)),
      rotary,
    );
  if (scaling.kind === "dynamic")
    return scaledBy(powers(dims, divisor, dynamicBase(divisor, base, scaling, longest)), rotary);
  return scaledBy(plain, rotary);
}

function scaledBy(values: Float64Array, { scaling }: RotaryConfig): Frequencies {
  return { values, amplitude: "amplitude" in scaling ? scaling.amplitude : 1 };
}

/** Whether the frequencies depend on how long the longest row is. */
export function dependsOnLength({ scaling }: RotaryConfig): boolean {
  return scaling.kind === "dynamic" || scaling.kind === "longrope";
}

/**
 * What distinguishes the angles of rows of one length from those of another: keys that were turned under one key do not
 * go with queries under another. Empty where angles do not depend on the length.
 */
export function anglesKey(rotaries: readonly RotaryConfig[], longest: number): string {
  const different = rotaries
    .filter(dependsOnLength)
    .map((rotary) => frequenciesOf(rotary, longest).values.join());
  return [...new Set(different)].join(";");
}

function powers(dims: number, divisor: number, base: number): Float64Array {
  return Float64Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / divisor));
}

type Scaling<K extends RotaryScaling["kind"]> = Extract<RotaryScaling, { kind: K }>;

function dynamicBase(dims: number, base: number, scaling: Scaling<"dynamic">, longest: number): number {
  const { factor, maxPositions } = scaling;
  if (longest <= maxPositions) return base;
  return base * ((factor * longest) / maxPositions - (factor - 1)) ** (dims / (dims - 2));
}

/** Long waves are stretched, short ones kept, those between blended. */
function llama3(frequency: number, scaling: Scaling<"llama3">): number {
  const { factor, lowFactor, highFactor, original } = scaling;
  const wave = (2 * Math.PI) / frequency;
  if (wave > original / lowFactor) return frequency / factor;
  if (wave < original / highFactor) return frequency;
  const smooth = (original / wave - lowFactor) / (highFactor - lowFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

function yarn(plain: Float64Array, base: number, scaling: Scaling<"yarn">): Float64Array {
  const { factor, betaFast, betaSlow, original, truncate } = scaling;
  const dims = 2 * plain.length;
  const dimOf = (turns: number): number =>
    (dims * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const [fast, slow] = [dimOf(betaFast), dimOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const high = Math.min(truncate ? Math.ceil(slow) : slow, dims - 1);
  const span = high === low ? 0.001 : high - low;
  return plain.map((each, i) => {
    const ramp = Math.min(Math.max((i - low) / span, 0), 1);
    return (each / factor) * ramp + each * (1 - ramp);
  });
}
