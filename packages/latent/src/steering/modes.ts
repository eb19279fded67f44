import { ablateMode } from "./modes/ablate.ts";
import { addMode } from "./modes/add.ts";
import { clampMode } from "./modes/clamp.ts";
import { keepNormMode } from "./modes/keep-norm.ts";
import type { SteeringMode } from "./modes/mode.ts";
import { swapMode } from "./modes/swap.ts";

/** Every way of steering along directions. */
export const STEERING_MODES: readonly SteeringMode[] = [
  addMode,
  keepNormMode,
  ablateMode,
  clampMode,
  swapMode,
];
