import { check } from "../checks/checked.ts";
import { count as aCount, fit } from "../checks/fit.ts";

/** Two coordinates for each vector, and how much of the variance each carries. */
export interface Projection {
  /** `[item, 2]` */
  readonly coordinates: Float32Array;
  readonly shares: readonly [number, number];
}

const ROUNDS = 200;

/**
 * The first two principal components of vectors `[item, width]`, by power iteration from a fixed start: the same vectors
 * give the same picture. The sign is such that the largest weight of a component is positive.
 *
 * @example
 * project(Float32Array.of(0, 0, 2, 0, 4, 0), 2).shares[0]; // => 1
 */
export function project(vectors: Float32Array, width: number): Projection {
  check(
    "embedding.project",
    vectors,
    fit("a Float32Array", (value) => value instanceof Float32Array),
    "vectors",
  );
  check("embedding.project", width, aCount(), "width");
  const items = width === 0 ? 0 : Math.floor(vectors.length / width);
  if (items === 0) return { coordinates: new Float32Array(0), shares: [0, 0] };
  const centred = centre(vectors, items, width);
  const total = centred.reduce((sum, x) => sum + x * x, 0);
  const first = component(centred, items, width, []);
  const second = component(centred, items, width, [first]);
  const coordinates = new Float32Array(items * 2);
  const sums: [number, number] = [0, 0];
  for (let i = 0; i < items; i += 1) {
    for (const k of [0, 1] as const) {
      const value = dot(centred, i * width, k === 0 ? first : second);
      coordinates[i * 2 + k] = value;
      sums[k] += value * value;
    }
  }
  return { coordinates, shares: total === 0 ? [0, 0] : [sums[0] / total, sums[1] / total] };
}

function centre(vectors: Float32Array, count: number, width: number): Float64Array {
  const result = Float64Array.from(vectors.subarray(0, count * width));
  for (let k = 0; k < width; k += 1) {
    let mean = 0;
    for (let i = 0; i < count; i += 1) mean += (vectors[i * width + k] ?? 0) / count;
    for (let i = 0; i < count; i += 1) result[i * width + k] = (result[i * width + k] ?? 0) - mean;
  }
  return result;
}

function dot(list: Float64Array, start: number, direction: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < direction.length; k += 1) sum += (list[start + k] ?? 0) * (direction[k] ?? 0);
  return sum;
}

function component(
  centred: Float64Array,
  count: number,
  width: number,
  others: readonly Float64Array[],
): Float64Array {
  let direction = Float64Array.from(
    { length: width },
    (_, k) => Math.sin(k * 12.9898 + others.length) + 0.01,
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = new Float64Array(width);
    for (let i = 0; i < count; i += 1) {
      const weight = dot(centred, i * width, direction);
      for (let k = 0; k < width; k += 1) next[k] = (next[k] ?? 0) + weight * (centred[i * width + k] ?? 0);
    }
    for (const other of others) {
      const shared = dot(next, 0, other);
      for (let k = 0; k < width; k += 1) next[k] = (next[k] ?? 0) - shared * (other[k] ?? 0);
    }
    const length = Math.sqrt(dot(next, 0, next));
    if (!(length > 1e-12)) return new Float64Array(width);
    direction = next.map((each) => each / length);
  }
  const largest = direction.reduce((most, each) => (Math.abs(each) > Math.abs(most) ? each : most), 0);
  return largest < 0 ? direction.map((each) => -each) : direction;
}
