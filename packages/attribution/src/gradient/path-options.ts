import { type Option, option } from "@hookdict/contexts";
import type { Baseline } from "../baseline.ts";
import { BASELINE, COUNT } from "../options.ts";
import { INTEGRATION_RULES, type IntegrationRule, type Nodes, nodesOf } from "./nodes.ts";

/** Options of methods that integrate along a straight line from a baseline. */
export interface PathOptions {
  /** Where the line begins: of the model's inputs. Default 0. */
  readonly baseline?: Baseline;
  /** Points on the line. Default 50. */
  readonly steps?: number;
  /** Default `"gausslegendre"`. */
  readonly rule?: IntegrationRule;
}

/** Declares {@link PathOptions}. */
export const PATH: {
  readonly baseline: Option<Baseline, "default">;
  readonly steps: Option<number, "default">;
  readonly rule: Option<IntegrationRule, "default">;
} = {
  baseline: BASELINE,
  steps: COUNT.default(50),
  rule: option.oneOf(...INTEGRATION_RULES).default("gausslegendre"),
};

/** Nodes of the options. @throws UsageError `OPTION_INVALID` */
export function pathNodes(
  name: string,
  { rule, steps }: Required<Pick<PathOptions, "rule" | "steps">>,
): Nodes {
  return nodesOf(name, rule, steps);
}
