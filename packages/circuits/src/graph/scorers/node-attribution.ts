import type { Scorer } from "../scorer.ts";

/** Attribution patching: the first-order effect of each node, by the clean run's gradients (Nanda 2023). */
export const nodeAttribution: Scorer = {
  name: "node-attribution",
  of: "nodes",
  passes: () => ({ forward: 2, backward: 1 }),
  // oxlint-disable-next-line require-yield -- others need values on the way
  *score(runs) {
    return runs.nodeScores(["clean"]);
  },
};
