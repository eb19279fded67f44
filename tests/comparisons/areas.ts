import type { Area } from "./area.ts";
import { kvcache } from "./areas/kvcache.ts";

/** Every area, in the order in which they are compared. */
export const areas: readonly Area[] = [kvcache];
