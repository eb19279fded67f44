import type { HookTarget, Site } from "@hookdict/core";
import type { GraphPlace } from "@hookdict/core/graph";
import { GRAPH_OPERATIONS } from "./graph-kinds.ts";
import { nodeBefore } from "./node-before.ts";
import type { Describer } from "./place.ts";

/** Places of a graph: each node is described by its operation. */
export function graphDescriber(target: HookTarget, sites: readonly Site[]): Describer {
  const paths = new Map(sites.map((site) => [(target.placeAt(site) as GraphPlace).name, site.path]));
  return (site) => {
    const node = target.placeAt(site) as GraphPlace; // of a graph
    const before = nodeBefore(node);
    return {
      stages: GRAPH_OPERATIONS[node.op]?.(node),
      data: dataOf(node),
      before: before && paths.get(before.name),
    };
  };
}

/** Positions of what is computed among the inputs that hooks see: constants may come through other nodes. */
function dataOf({ inputs }: GraphPlace): readonly number[] {
  const seen = inputs.filter(({ isSeen }) => isSeen);
  return seen.flatMap(({ constant }, i) => (constant === undefined ? [i] : []));
}
