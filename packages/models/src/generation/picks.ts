import type { Pick } from "./pick.ts";
import { greedy } from "./picks/greedy.ts";
import { sample } from "./picks/sample.ts";

/** Every pick that has a name. */
export const PICKS: readonly Pick[] = [greedy, sample];
