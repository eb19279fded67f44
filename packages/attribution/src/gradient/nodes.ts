import { optionInvalid } from "@hookdict/contexts";

export const INTEGRATION_RULES = [
  "gausslegendre",
  "riemann_left",
  "riemann_right",
  "riemann_middle",
  "riemann_trapezoid",
] as const;

/** How an integral over the path from the baseline is approximated. */
export type IntegrationRule = (typeof INTEGRATION_RULES)[number];

/** Nodes in `[0, 1]`, and their weights, which sum to 1. */
export interface Nodes {
  readonly at: readonly number[];
  readonly weights: readonly number[];
}

/** Nodes and weights of a rule. @throws UsageError `OPTION_INVALID` for a trapezoid of one step */
export function nodesOf(method: string, rule: IntegrationRule, steps: number): Nodes {
  const every = Array.from({ length: steps }, (_, i) => i);
  const even = every.map(() => 1 / steps);
  const evenly = (from: number): Nodes => ({ at: every.map((i) => (i + from) / steps), weights: even });
  const rules: Readonly<Record<IntegrationRule, () => Nodes>> = {
    gausslegendre: () => gaussLegendre(steps),
    riemann_left: () => evenly(0),
    riemann_right: () => evenly(1),
    riemann_middle: () => evenly(0.5),
    riemann_trapezoid: () => trapezoid(method, steps),
  };
  return rules[rule]();
}

function trapezoid(method: string, steps: number): Nodes {
  if (steps < 2)
    throw optionInvalid(method, "steps", steps, "at least 2 for the trapezoid rule, which uses both ends");
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
