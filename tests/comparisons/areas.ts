import type { Area } from "./area.ts";
import { attribution } from "./areas/attribution.ts";
import { families } from "./areas/families.ts";
import { lrp } from "./areas/lrp.ts";
import { metrics } from "./areas/metrics.ts";
import { models } from "./areas/models.ts";
import { transformer } from "./areas/transformer.ts";

/** Every area that `pnpm reference` knows. */
export const AREAS: readonly Area[] = [families, models, attribution, lrp, transformer, metrics];
