import { type Rows, rowOf } from "../rows/rows.ts";
import type { Objective } from "./optimum.ts";

/**
 * `C sum cross-entropy + 0.5 l2 |W|^2` of parameters `[classes, features + 1]`, the last column free intercepts. With one output it
 * is the logistic loss of the second class.
 */
export function softmaxObjective(
  x: Rows,
  places: Int32Array,
  outputs: number,
  { C, l2 }: { readonly C: number; readonly l2: number },
): Objective {
  const size = x.width + 1;
  const penalty = (at: Float64Array, place: number): number =>
    place % size === x.width ? 0 : l2 * (at[place] ?? 0);
  const each = (visit: (row: Float64Array, n: number) => void): void => {
    for (let n = 0; n < x.n; n++) visit(rowOf(x, n), n);
  };
  return {
    value: (at) => {
      let total = 0;
      each((row, n) => (total += C * crossEntropy(logitsOf(at, row, outputs), places[n] ?? 0)));
      at.forEach((value, place) => (total += 0.5 * penalty(at, place) * value));
      return total;
    },
    gradient: (at) => {
      const found = at.map((_, place) => penalty(at, place));
      each((row, n) => {
        const wanted = places[n] ?? 0;
        const off = probabilities(logitsOf(at, row, outputs));
        collect(
          found,
          outputs === 1 ? off.map((p) => p - wanted) : off.map((p, k) => p - Number(k === wanted)),
          row,
          C,
        );
      });
      return found;
    },
    curvature: (at) => {
      const held: Float64Array[] = [];
      each((row) => held.push(probabilities(logitsOf(at, row, outputs))));
      return (direction) => {
        const found = direction.map((_, place) => penalty(direction, place));
        each((row, n) => {
          const p = held[n] ?? new Float64Array(outputs);
          const moved = logitsOf(direction, row, outputs);
          collect(found, bentBy(p, moved), row, C);
        });
        return found;
      };
    },
  };
}

/** The sigmoid of one logit, the softmax of several. */
export function probabilities(logits: Float64Array): Float64Array {
  if (logits.length === 1) return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function crossEntropy(logits: Float64Array, place: number): number {
  if (logits.length === 1) {
    const margin = (place === 1 ? 1 : -1) * (logits[0] ?? 0);
    return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  }
  const most = Math.max(...logits);
  return (
    Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) + most - (logits[place] ?? 0)
  );
}

function logitsOf(at: Float64Array, row: Float64Array, outputs: number): Float64Array {
  const size = row.length + 1;
  return Float64Array.from({ length: outputs }, (_, output) => {
    let total = at[output * size + row.length] ?? 0;
    for (let j = 0; j < row.length; j++) total += (at[output * size + j] ?? 0) * (row[j] ?? 0);
    return total;
  });
}

/** Adds `C weights[output] * (row, 1)` to a vector of parameters. */
function collect(into: Float64Array, weights: Float64Array, row: Float64Array, C: number): void {
  const size = row.length + 1;
  for (let output = 0; output < weights.length; output++) {
    const weight = C * (weights[output] ?? 0);
    for (let j = 0; j < row.length; j++)
      into[output * size + j] = (into[output * size + j] ?? 0) + weight * (row[j] ?? 0);
    into[output * size + row.length] = (into[output * size + row.length] ?? 0) + weight;
  }
}

/** How the slope of one row's loss changes as its logits move. */
function bentBy(p: Float64Array, moved: Float64Array): Float64Array {
  if (p.length === 1) return p.map((one) => one * (1 - one) * (moved[0] ?? 0));
  const mean = p.reduce((sum, one, k) => sum + one * (moved[k] ?? 0), 0);
  return p.map((one, k) => one * ((moved[k] ?? 0) - mean));
}
