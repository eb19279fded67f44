import { countWords, isCount } from "@hookdict/tensordict";
import { optionWrong } from "../errors.ts";

/** How an integral over the path from the baseline is approximated. */
export type IntegrationRule =
  "gausslegendre" | "riemann_left" | "riemann_right" | "riemann_middle" | "riemann_trapezoid";

/** Nodes in `[0, 1]`, and their weights, which sum to 1. */
export interface Nodes {
  readonly at: readonly number[];
  readonly weights: readonly number[];
}

/** Nodes and weights of a rule. @throws UsageError `ATTRIBUTION_OPTION` */
export function nodesOf(method: string, rule: IntegrationRule, steps: number): Nodes {
  if (!isCount(steps)) throw optionWrong(method, "steps", steps, countWords());
  const every = Array.from({ length: steps }, (_, i) => i);
  const even = every.map(() => 1 / steps);
  switch (rule) {
    case "gausslegendre":
      return gaussLegendre(steps);
    case "riemann_left":
      return { at: every.map((i) => i / steps), weights: even };
    case "riemann_right":
      return { at: every.map((i) => (i + 1) / steps), weights: even };
    case "riemann_middle":
      return { at: every.map((i) => (i + 0.5) / steps), weights: even };
    case "riemann_trapezoid":
      return trapezoid(method, steps);
    default:
      throw optionWrong(
        method,
        "rule",
        rule,
        '"gausslegendre", "riemann_left", "riemann_right", "riemann_middle" or "riemann_trapezoid"',
      );
  }
}

function trapezoid(method: string, steps: number): Nodes {
  if (steps < 2)
    throw optionWrong(method, "steps", steps, "at least 2 for the trapezoid rule, which uses both ends");
  const every = Array.from({ length: steps }, (_, i) => i);
  const last = steps - 1;
  return {
    at: every.map((i) => i / last),
    weights: every.map((i) => (i === 0 || i === last ? 0.5 : 1) / last),
  };
}

/** Roots of the Legendre polynomial by Newton's method, on `[0, 1]`. */
function gaussLegendre(steps: number): Nodes {
  const at: number[] = [];
  const weights: number[] = [];
  for (let i = steps; i >= 1; i--) {
    let x = Math.cos((Math.PI * (i - 0.25)) / (steps + 0.5));
    let slope = 1;
    for (let turn = 0; turn < 100; turn++) {
      const [value, derivative] = legendre(steps, x);
      slope = derivative;
      const step = value / derivative;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    at.push((x + 1) / 2);
    weights.push(1 / ((1 - x * x) * slope * slope));
  }
  return { at, weights };
}

/** The Legendre polynomial of a degree and its derivative. */
function legendre(degree: number, x: number): readonly [number, number] {
  let [before, value] = [1, x];
  for (let k = 2; k <= degree; k++)
    [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return [value, (degree * (x * value - before)) / (x * x - 1)];
}
