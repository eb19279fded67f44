import type { Scorer } from "./scorer.ts";
import { eapCleanCorrupt } from "./scorers/eap-clean-corrupt.ts";
import { eapIg } from "./scorers/eap-ig.ts";
import { eap } from "./scorers/eap.ts";
import { exact } from "./scorers/exact.ts";
import { nodeAttribution } from "./scorers/node-attribution.ts";
import { nodeIg } from "./scorers/node-ig.ts";

/** Every way to score edges and nodes. */
export const SCORERS: readonly Scorer[] = [eap, eapCleanCorrupt, eapIg, exact, nodeAttribution, nodeIg];
