import type { Pattern } from "@hookdict/core";
import { add, div, eye, max, mean, min, sum, type Tensor } from "@tensorflow/tfjs-core";
import { type Option, option, type ValuesOf } from "@hookdict/contexts";
import type { Job } from "../job.ts";
import type { AttributionOptions } from "../method.ts";
import type { Pass, PassResult } from "../passes/pass.ts";

/** How the heads of a layer become one. */
export type HeadFusion = "mean" | "max" | "min";

/** Options of methods on attention patterns `[batch, head, dest, src]`. */
export interface AttentionOptions extends AttributionOptions {
  /** The sites of the patterns, first layer first. Default `"**.hook_pattern"`. */
  readonly at?: Pattern;
  /** Default `"mean"`. */
  readonly headFusion?: HeadFusion;
  /** Add the identity to each layer, and make rows sum to 1 again: the residual connection. Default `true`. */
  readonly residual?: boolean;
}

/** Declares {@link AttentionOptions}. */
export const ATTENTION: {
  readonly at: Option<Pattern, "default">;
  readonly headFusion: Option<HeadFusion, "default">;
  readonly residual: Option<boolean, "default">;
} = {
  at: option.pattern().default("**.hook_pattern"),
  headFusion: option.oneOf("mean", "max", "min").default("mean"),
  residual: option.boolean().default(true),
};

export type LayersOptions = Pick<ValuesOf<typeof ATTENTION>, "headFusion" | "residual">;

const FUSIONS: Readonly<Record<HeadFusion, (pattern: Tensor) => Tensor>> = {
  mean: (pattern) => mean(pattern, 1),
  max: (pattern) => max(pattern, 1),
  min: (pattern) => min(pattern, 1),
};

/** The layers' matrices `[batch, dest, src]` of a job. */
export function* layersOf(
  job: Job,
  { headFusion, residual }: LayersOptions,
): Generator<Pass, readonly Tensor[], PassResult> {
  const { values } = yield { inputs: job.args.tensors, rows: job.batch, values: job.places };
  return job.places.map((place) => {
    const fused = FUSIONS[headFusion](values[place] as Tensor); // asked for
    if (!residual) return job.own(fused);
    const whole = add(fused, eye(fused.shape[2] ?? 1));
    return job.own(div(whole, sum(whole, 2, true)));
  });
}
