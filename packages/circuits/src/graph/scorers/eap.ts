import type { Scorer } from "../scorer.ts";

/** Edge attribution patching: the first-order effect of each edge, by the clean run's gradients (Syed et al. 2023, arXiv 2310.10348). */
export const eap: Scorer = {
  name: "eap",
  of: "edges",
  passes: () => ({ forward: 2, backward: 1 }),
  // oxlint-disable-next-line require-yield -- others need values on the way
  *score(runs) {
    return runs.edgeScores(["clean"]);
  },
};
