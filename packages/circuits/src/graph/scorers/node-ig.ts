import { integrationPoints, type Scorer } from "../scorer.ts";

/** Attribution of nodes with integrated gradients (Hanna et al. 2024, arXiv 2403.17806). */
export const nodeIg: Scorer = {
  name: "node-ig",
  of: "nodes",
  passes: () => ({ forward: 2, backward: 1 }),
  // oxlint-disable-next-line require-yield -- others need values on the way
  *score(runs, options) {
    return runs.nodeScores(integrationPoints(options));
  },
};
