import type { Baseline } from "../baseline.ts";
import type { AttributionOptions } from "../method.ts";
import { type IntegrationRule, type Nodes, nodesOf } from "./nodes.ts";

/** Options of methods that integrate along a straight line from a baseline. */
export interface PathOptions extends AttributionOptions {
  /** Where the line begins: of the model's inputs. Default 0. */
  readonly baseline?: Baseline;
  /** Points on the line. Default 50. */
  readonly steps?: number;
  /** Default `"gausslegendre"`. */
  readonly rule?: IntegrationRule;
}

/** Nodes of the options. */
export function pathNodes(name: string, options: PathOptions): Nodes {
  return nodesOf(name, options.rule ?? "gausslegendre", options.steps ?? 50);
}
