import type { Case } from "./cases/case.ts";
import { earlyStop } from "./cases/early-stop.ts";
import { harvest } from "./cases/harvest.ts";
import { llama } from "./cases/llama.ts";
import { memory } from "./cases/memory.ts";
import { profile } from "./cases/profile.ts";
import { small } from "./cases/small.ts";
import { tiny } from "./cases/tiny.ts";

/** What `pnpm bench` measures where it is asked for nothing: the README shows its figures. */
export const USUAL: Case = small;

/** Everything that `pnpm bench` measures of backends, in the order in which results show it. */
export const CASES: readonly Case[] = [small, tiny, profile, llama, memory, harvest, earlyStop];
