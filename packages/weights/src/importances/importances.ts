import { gradient } from "./gradient.ts";
import type { Importance } from "./importance.ts";
import { magnitude } from "./magnitude.ts";
import { snip } from "./snip.ts";
import { wanda } from "./wanda.ts";

/** Every importance that `scoreWeights` knows. */
export const IMPORTANCES: readonly Importance<never>[] = [magnitude, gradient, snip, wanda];
