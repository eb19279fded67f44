import type { Transformer } from "@hookdict/models";
import type { Transcoders } from "@hookdict/latent";
import { gather, mean, sub, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { tokenOutside } from "../errors.ts";
import type { ActiveFeature } from "./sources.ts";

/** A logit that a graph explains. */
export interface LogitTarget {
  readonly token: number;
  readonly probability: number;
}

/** Directions `[n, dIn]` of features of one layer. New tensors belong to the scope. */
export function featureDirections(transcoders: Transcoders, features: readonly ActiveFeature[]): Tensor {
  const layer = transcoders.layers[features[0]?.layer ?? 0];
  return layer?.reading(features.map(({ feature }) => feature)) as Tensor; // features are of one of the layers
}

/** Directions `[n, dEmbed]` of logits above the mean of all. New tensors belong to the scope. */
export function logitDirections({ unembed }: Transformer, logits: readonly LogitTarget[]): Tensor {
  const at = tensor1d(
    logits.map(({ token }) => token),
    "int32",
  );
  return sub(gather(unembed.weight, at, 0), mean(unembed.weight, 0, true));
}

/** Which logits are explained: tokens, or the likeliest ones that make up a part of the probability, and how many at most. */
export type LogitChoice = readonly number[] | { readonly most: number; readonly probability: number };

/** @param logits `[dVocab]` @throws ShapeError `CIRCUIT_TOKEN` */
export function logitTargets(logits: ArrayLike<number>, choice: LogitChoice): LogitTarget[] {
  const values = Float64Array.from(logits);
  const top = values.reduce((max, value) => Math.max(max, value), -Infinity);
  const parts = values.map((value) => Math.exp(value - top));
  const total = parts.reduce((a, b) => a + b, 0);
  const targetOf = (token: number): LogitTarget => {
    if (!Number.isInteger(token) || token < 0 || token >= values.length)
      throw tokenOutside(token, values.length);
    return { token, probability: (parts[token] ?? 0) / total };
  };
  if (!("most" in choice)) return choice.map(targetOf);
  const found: LogitTarget[] = [];
  let sum = 0;
  for (const token of [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0))) {
    if (found.length === choice.most || sum >= choice.probability) break;
    const target = targetOf(token);
    found.push(target);
    sum += target.probability;
  }
  return found;
}
