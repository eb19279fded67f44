import type { TrainableKind } from "./kind.ts";
import { addition } from "./kinds/addition.ts";
import { boundless } from "./kinds/boundless.ts";
import { interchange } from "./kinds/interchange.ts";
import { lowRank } from "./kinds/low-rank.ts";
import { mask } from "./kinds/mask.ts";
import { rotatedMask } from "./kinds/rotated-mask.ts";
import { rotated } from "./kinds/rotated.ts";
import { steering } from "./kinds/steering.ts";
import { subtraction } from "./kinds/subtraction.ts";
import { zero } from "./kinds/zero.ts";

/** Every kind of trainable intervention. */
export const TRAINABLE_KINDS: readonly TrainableKind[] = Object.freeze([
  addition,
  boundless,
  interchange,
  lowRank,
  mask,
  rotated,
  rotatedMask,
  steering,
  subtraction,
  zero,
]);
