import { keptClone } from "@hookdict/tensordict/tensors";
import { tidy } from "@tensorflow/tfjs-core";
import { integrationPoints, type Scorer } from "../scorer.ts";

/** Edge attribution patching with integrated gradients: their mean on the way from corrupt to clean embeddings (arXiv 2403.17806). */
export const eapIg: Scorer = {
  name: "eap-ig",
  of: "edges",
  passes: () => ({ forward: 3, backward: 1 }),
  // oxlint-disable-next-line require-yield -- others need values on the way
  *score(runs, options) {
    const gradients = runs.destinationGradients(integrationPoints(options));
    try {
      return tidy(() => keptClone(runs.edgeScores(gradients)));
    } finally {
      gradients.dispose();
    }
  },
};
