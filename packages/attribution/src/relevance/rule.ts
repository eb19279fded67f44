import { type Option, option } from "@hookdict/contexts";
import {
  abs,
  add,
  greaterEqual,
  maximum,
  mean,
  mul,
  onesLike,
  relu,
  neg,
  sqrt,
  square,
  where,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { innerAxes } from "../rows.ts";
import type { PartDescription } from "../parts/part.ts";

/** What keeps a division from going through 0: a number, or how it is made. Zero counts as positive. */
export type Stabilizer =
  | number
  | {
      readonly epsilon: number;
      /** `sign(z) max(|z|, epsilon)` in place of `z + sign(z) epsilon`. Default `false`. */
      readonly clip?: boolean;
      /** Epsilon is multiplied by the root of the mean square of each example. Default `false`. */
      readonly normScale?: boolean;
    };

/** Declares a stabilizer. */
export const STABILIZER: Option<Stabilizer, "default"> = option
  .of<Stabilizer>("a number from 0 on, or { epsilon, clip, normScale }", (value) => {
    if (typeof value === "number") return value >= 0 && Number.isFinite(value);
    const given = (value ?? {}) as Partial<Record<"epsilon" | "clip" | "normScale", unknown>>; // anything
    const areFlags = [given.clip, given.normScale].every(
      (each) => each === undefined || typeof each === "boolean",
    );
    return areFlags && Number.isFinite(given.epsilon);
  })
  .default(1e-6);

/** `z`, away from 0. */
export function stabilize(z: Tensor, stabilizer: Stabilizer): Tensor {
  const {
    epsilon,
    clip = false,
    normScale = false,
  } = typeof stabilizer === "number" ? { epsilon: stabilizer } : stabilizer;
  const size = normScale ? mul(sqrt(mean(square(z), innerAxes(z), true)), epsilon) : epsilon;
  const isPositive = greaterEqual(z, 0);
  const sign = where(isPositive, onesLike(z), neg(onesLike(z)));
  return clip ? mul(sign, maximum(abs(z), size)) : add(z, mul(sign, size));
}

/** One passage of relevance through a place. **Ownership:** everything is *borrowed*. */
export interface Passage {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** What arrives at the output. */
  readonly relevance: Tensor;
  /** What plain gradients would pass to each input. */
  readonly gradients: readonly Tensor[];
  readonly part: PartDescription | undefined;
}

/**
 * How relevance passes a place: one tensor for each input. **Ownership:** what it returns belongs to the pass.
 */
export interface RelevanceRule {
  readonly name: string;
  /** What the rule was made with: rules of equal names and options are equal. */
  readonly options?: Readonly<Record<string, unknown>>;
  pass(passage: Passage): readonly Tensor[];
}

/** Whether what plain JavaScript may give is a rule. */
export function isRule(value: unknown): boolean {
  const { name, pass } = (value ?? {}) as Partial<Record<keyof RelevanceRule, unknown>>; // anything
  return typeof name === "string" && typeof pass === "function";
}

/** `max(0, x)` */
export function positive(x: Tensor): Tensor {
  return relu(x);
}

/** `min(0, x)` */
export function negative(x: Tensor): Tensor {
  return neg(relu(neg(x)));
}

/** A rule as plain data, by which two that were made alike are equal; one that does not say with what is itself. */
export function describeRule(rule: RelevanceRule): unknown {
  const { name, options } = rule;
  return options === undefined ? rule : { rule: name, ...options };
}
