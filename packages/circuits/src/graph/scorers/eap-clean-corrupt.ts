import type { Scorer } from "../scorer.ts";

/** Edge attribution patching by the mean of the gradients on both prompts (Hanna et al. 2024, arXiv 2403.17806). */
export const eapCleanCorrupt: Scorer = {
  name: "eap-clean-corrupt",
  of: "edges",
  passes: () => ({ forward: 1, backward: 1 }),
  // oxlint-disable-next-line require-yield -- others need values on the way
  *score(runs) {
    return runs.edgeScores(["clean", "corrupt"]);
  },
};
