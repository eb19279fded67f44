import { dot } from "../rows/rows.ts";
import { notConverged } from "./errors.ts";

/** A smooth convex function of a vector. */
export interface Objective {
  value(at: Float64Array): number;
  gradient(at: Float64Array): Float64Array;
  /** The Hessian at a point as a map of vectors. */
  curvature(at: Float64Array): (direction: Float64Array) => Float64Array;
}

/** When to stop. */
export interface Limits {
  readonly owner: string;
  readonly maxSteps: number;
  /** The largest slope at the optimum, as a part of the largest at the start. */
  readonly tolerance: number;
}

const largest = (values: Float64Array): number =>
  values.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
const along = (at: Float64Array, step: number, direction: Float64Array): Float64Array =>
  at.map((value, place) => value + step * (direction[place] ?? 0));

/** The optimum by Newton's method with conjugate gradients and a line search. @throws UsageError `NOT_CONVERGED` */
export function newton(objective: Objective, start: Float64Array, limits: Limits): Float64Array {
  let at = start;
  let slope = objective.gradient(at);
  const goal = limits.tolerance * Math.max(largest(slope), 1e-12);
  for (let step = 0; step < limits.maxSteps; step++) {
    if (largest(slope) <= goal) return at;
    const direction = solve(objective.curvature(at), slope);
    const [value, descent] = [objective.value(at), dot(slope, direction)];
    let length = 1;
    while (
      length > 1e-12 &&
      objective.value(along(at, length, direction)) > value + 1e-4 * length * descent
    ) {
      // Near the optimum values differ by rounding alone; the slope still tells.
      if (largest(objective.gradient(along(at, length, direction))) < largest(slope)) break;
      length /= 2;
    }
    const next = along(at, length, direction);
    const nextSlope = objective.gradient(next);
    if (largest(nextSlope) >= largest(slope) && largest(slope) < 1e4 * goal) return at; // rounding is reached
    [at, slope] = [next, nextSlope];
  }
  if (largest(slope) <= goal) return at;
  throw notConverged(limits.owner, limits.maxSteps, largest(slope));
}

/** `H d = -g` by conjugate gradients. */
function solve(hessian: (direction: Float64Array) => Float64Array, slope: Float64Array): Float64Array {
  let found: Float64Array = new Float64Array(slope.length);
  let residual: Float64Array = slope.map((value) => -value);
  let search: Float64Array = residual;
  let square = dot(residual, residual);
  const goal = square * Math.min(1e-4, square) ** 0.5 * 1e-4;
  for (let step = 0; step < 4 * slope.length + 10 && square > goal && square > 0; step++) {
    const bent = hessian(search);
    const curvature = dot(search, bent);
    if (!(curvature > 0)) break; // flat: the unpenalised constant of all classes
    const length = square / curvature;
    found = along(found, length, search);
    residual = along(residual, -length, bent);
    const next = dot(residual, residual);
    search = along(residual, next / square, search);
    square = next;
  }
  return found;
}

/**
 * The optimum of a smooth function plus `sum thresholds |w|`: accelerated proximal gradients with restarts (Beck and Teboulle 2009).
 *
 * @param steepness An upper bound of the curvature.
 * @throws UsageError `NOT_CONVERGED`
 */
export function proximal(
  objective: Objective,
  start: Float64Array,
  thresholds: Float64Array,
  steepness: number,
  limits: Limits,
): Float64Array {
  let [at, ahead, momentum] = [start, start, 1];
  let change = Infinity;
  for (let step = 0; step < limits.maxSteps; step++) {
    const slope = objective.gradient(ahead);
    const next = ahead.map((value, place) => {
      const moved = value - (slope[place] ?? 0) / steepness;
      return Math.sign(moved) * Math.max(0, Math.abs(moved) - (thresholds[place] ?? 0) / steepness);
    });
    const step2 = next.map((value, place) => value - (at[place] ?? 0));
    const back = ahead.map((value, place) => value - (next[place] ?? 0));
    change = largest(step2);
    if (
      change <= limits.tolerance * Math.max(1, largest(next)) &&
      largest(back) <= limits.tolerance * Math.max(1, largest(next))
    )
      return next;
    const grown = dot(back, step2) > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum ** 2)) / 2;
    ahead = along(next, (momentum - 1) / grown, step2);
    if (grown === 1) ahead = next;
    [at, momentum] = [next, grown];
  }
  throw notConverged(limits.owner, limits.maxSteps, change * steepness);
}
