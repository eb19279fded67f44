/** Softmax of a row of logits, in double precision. */
export function probabilities(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** Token ids, the most likely first; of equal ones the lower id. */
export function ranked(logits: Float32Array): number[] {
  const ids = Array.from(logits.keys());
  return ids.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
}
