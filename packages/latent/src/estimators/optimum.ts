import { dot } from "../rows/rows.ts";
import { notConverged } from "./errors.ts";

/** A function's value and its gradient. */
export interface Evaluation {
  readonly value: number;
  readonly slope: Float64Array;
}

/** A smooth convex function of a vector. */
export interface Objective {
  evaluate(at: Float64Array): Promise<Evaluation>;
  /** The Hessian at a point as a map of vectors. */
  curvature(at: Float64Array): Promise<(direction: Float64Array) => Promise<Float64Array>>;
}

/** When to stop. */
export interface Limits {
  readonly owner: string;
  readonly maxSteps: number;
  /** The largest slope at the optimum, as a part of the largest at the start. */
  readonly tolerance: number;
}

export function largest(values: Float64Array): number {
  let most = 0;
  for (let at = 0; at < values.length; at++) most = Math.max(most, Math.abs(values[at] ?? 0));
  return most;
}

function along(at: Float64Array, step: number, direction: Float64Array): Float64Array {
  const found = new Float64Array(at.length);
  for (let place = 0; place < at.length; place++)
    found[place] = (at[place] ?? 0) + step * (direction[place] ?? 0);
  return found;
}

/**
 * Close to the optimum, by the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Liu and Nocedal 1989): until slopes are
 * that part of the first, or until rounding leaves no way down.
 */
export async function descendRoughly(
  objective: Objective,
  start: Float64Array,
  { maxSteps, tolerance }: Pick<Limits, "maxSteps" | "tolerance">,
): Promise<Float64Array> {
  let at = start;
  let { value, slope } = await objective.evaluate(at);
  const goal = tolerance * largest(slope);
  const memory: Memory[] = [];
  for (let step = 0; step < maxSteps && largest(slope) > goal; step++) {
    const direction = downhill(slope, memory);
    const descent = dot(slope, direction);
    let [length, next, found] = [1, along(at, 1, direction), { value: Infinity, slope }];
    while (length > 1e-6) {
      found = await objective.evaluate(next);
      if (found.value <= value + 1e-4 * length * descent) break;
      length /= 2;
      next = along(at, length, direction);
    }
    if (!(found.value < value)) return at;
    const moved = along(next, -1, at);
    const bent = along(found.slope, -1, slope);
    const both = dot(moved, bent);
    if (both > 0) memory.push({ moved, bent, both });
    if (memory.length > 20) memory.shift();
    [at, value, slope] = [next, found.value, found.slope];
  }
  return at;
}

/** A step of before: how far it went, how much the slope changed, and the product of both. */
interface Memory {
  readonly moved: Float64Array;
  readonly bent: Float64Array;
  readonly both: number;
}

/** `-H g`, with the inverse curvature `H` that the last steps tell of. */
function downhill(slope: Float64Array, memory: readonly Memory[]): Float64Array {
  let found: Float64Array = slope.map((one) => -one);
  const parts: number[] = [];
  for (const { moved, bent, both } of memory.toReversed()) {
    const part = dot(moved, found) / both;
    parts.unshift(part);
    found = along(found, -part, bent);
  }
  const last = memory.at(-1);
  const scale =
    last === undefined ? 1 / Math.sqrt(dot(slope, slope) || 1) : last.both / dot(last.bent, last.bent);
  found = found.map((one) => scale * one);
  memory.forEach(({ moved, bent, both }, at) => {
    found = along(found, (parts[at] ?? 0) - dot(bent, found) / both, moved);
  });
  return found;
}

/**
 * The optimum by Newton's method with conjugate gradients and a line search. Values and slopes are exact; curvature may be rough: it
 * tells where to go, not where the optimum is.
 *
 * @param first The largest slope where the search for the optimum began, of which `tolerance` is a part.
 * @throws UsageError `NOT_CONVERGED`
 */
export async function newton(
  objective: Pick<Objective, "evaluate">,
  rough: Pick<Objective, "curvature">,
  start: Float64Array,
  first: number,
  limits: Limits,
): Promise<Float64Array> {
  let at = start;
  let { value, slope } = await objective.evaluate(at);
  const goal = limits.tolerance * Math.max(first, 1e-12);
  for (let step = 0; step < limits.maxSteps; step++) {
    if (largest(slope) <= goal) return at;
    const part = Math.min(0.1, Math.max(1e-3, (0.3 * goal) / largest(slope)));
    const direction = await solve(await rough.curvature(at), slope, part);
    const descent = dot(slope, direction);
    let [length, next] = [1, along(at, 1, direction)];
    let found = await objective.evaluate(next);
    // Near the optimum values differ by rounding alone; the slope still tells.
    while (
      length > 1e-12 &&
      found.value > value + 1e-4 * length * descent &&
      !(largest(found.slope) < largest(slope))
    ) {
      length /= 2;
      next = along(at, length, direction);
      found = await objective.evaluate(next);
    }
    if (largest(found.slope) >= largest(slope) && largest(slope) < 1e4 * goal) return at; // rounding is reached
    [at, value, slope] = [next, found.value, found.slope];
  }
  if (largest(slope) <= goal) return at;
  throw notConverged(limits.owner, limits.maxSteps, largest(slope));
}

/**
 * `H d = -g` by conjugate gradients, as far as that part of `g` (Dembo, Eisenstat and Steihaug 1982).
 */
export async function solve(
  hessian: (direction: Float64Array) => Promise<Float64Array>,
  slope: Float64Array,
  part: number,
): Promise<Float64Array> {
  let found: Float64Array = new Float64Array(slope.length);
  let residual: Float64Array = slope.map((value) => -value);
  let search: Float64Array = residual;
  let square = dot(residual, residual);
  const goal = square * part ** 2;
  for (let step = 0; step < 4 * slope.length + 10 && square > goal && square > 0; step++) {
    const bent = await hessian(search);
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
export async function proximal(
  objective: Pick<Objective, "evaluate">,
  start: Float64Array,
  thresholds: Float64Array,
  steepness: number,
  limits: Limits,
): Promise<Float64Array> {
  let [at, ahead, momentum] = [start, start, 1];
  let change = Infinity;
  for (let step = 0; step < limits.maxSteps; step++) {
    const { slope } = await objective.evaluate(ahead);
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
