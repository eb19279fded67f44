import { integrationPoints, type Scorer } from "../scorer.ts";

/** Edge attribution patching with integrated gradients: their mean on the way from corrupt to clean embeddings (arXiv 2403.17806). */
export const eapIg: Scorer = {
  name: "eap-ig",
  of: "edges",
  passes: () => ({ forward: 2, backward: 1 }),
  // oxlint-disable-next-line require-yield -- others need values on the way
  *score(runs, options) {
    return runs.edgeScores(integrationPoints(options));
  },
};
