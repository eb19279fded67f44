import type { Area } from "./area.ts";
import { families } from "./areas/families.ts";
import { kvcache } from "./areas/kvcache.ts";
import { latent } from "./areas/latent.ts";
import { tokenizers } from "./areas/tokenizers.ts";

/** Every area that `pnpm reference` knows. */
export const areas: readonly Area[] = [families, tokenizers, kvcache, latent];
