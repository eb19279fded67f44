import type { Tensor } from "@tensorflow/tfjs-core";
import type { HookEntry } from "./entry.ts";

/** What one backward pass knows of the hooks it met. */
export class GradientPass {
  /** Entries whose site ran with at least one tensor that has a gradient. */
  readonly tapped: Set<HookEntry> = new Set();
  /** Entries whose site ran, with nothing differentiable. */
  readonly without: Map<HookEntry, string> = new Map();
  readonly fired: Set<HookEntry> = new Set();
  /** A tensor with respect to which the gradient is taken, among others; its own gradient is not changed. */
  readonly anchor: Tensor;

  constructor(anchor: Tensor) {
    this.anchor = anchor;
  }
}

/** The pass under way. Dynamic, as TensorFlow.js's own tape is: it is set only while `backward` runs. */
let current: GradientPass | undefined;

export function currentPass(): GradientPass | undefined {
  return current;
}

/** Runs `fn` with `pass` as the current one. */
export function withPass<T>(pass: GradientPass, fn: () => T): T {
  const outer = current;
  current = pass;
  try {
    return fn();
  } finally {
    current = outer;
  }
}
