import type { Area } from "./area.ts";
import { analysis } from "./areas/analysis.ts";
import { attribution } from "./areas/attribution.ts";
import { eap } from "./areas/eap.ts";
import { families } from "./areas/families.ts";
import { kvcache } from "./areas/kvcache.ts";
import { latent } from "./areas/latent.ts";
import { lrp } from "./areas/lrp.ts";
import { metrics } from "./areas/metrics.ts";
import { models } from "./areas/models.ts";
import { sae } from "./areas/sae.ts";
import { tokenizers } from "./areas/tokenizers.ts";
import { weights } from "./areas/weights.ts";
import { transformer } from "./areas/transformer.ts";

/** Every area that `pnpm reference` knows. */
export const areas: readonly Area[] = [
  families,
  tokenizers,
  kvcache,
  models,
  attribution,
  lrp,
  transformer,
  metrics,
  latent,
  analysis,
  eap,
  sae,
  weights,
];
