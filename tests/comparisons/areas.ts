import type { Area } from "./area.ts";
import { attribution } from "./areas/attribution.ts";
import { lrp } from "./areas/lrp.ts";
import { metrics } from "./areas/metrics.ts";
import { models } from "./areas/models.ts";
import { transformer } from "./areas/transformer.ts";

/** Every area, in the order in which they are compared. */
export const areas: readonly Area[] = [models, attribution, lrp, transformer, metrics];
