import type { Area } from "./area.ts";
import { families } from "./areas/families.ts";

/** Every area, one file each. */
export const areas: readonly Area[] = [families];
