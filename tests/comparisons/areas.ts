import type { Area } from "./area.ts";
import { families } from "./areas/families.ts";

/** Every area that `pnpm reference` knows. */
export const AREAS: readonly Area[] = [families];
