import type { Area } from "./area.ts";
import { kvcache } from "./areas/kvcache.ts";
import { tokenizers } from "./areas/tokenizers.ts";

/** Every area, in the order in which they are compared. */
export const areas: readonly Area[] = [tokenizers, kvcache];
