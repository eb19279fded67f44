import type { FunctionNode } from "./place.ts";

/** The function model whose function runs now, innermost. Function models are synchronous, so one variable will do. */
let running: FunctionNode | undefined;

export function runningModel(): FunctionNode | undefined {
  return running;
}

/** Runs `fn` as the body of `model`, or, for hooks, as a part of no model: what they call is none of its sites. */
export function whileRunning<T>(model: FunctionNode | undefined, fn: () => T): T {
  const outer = running;
  running = model;
  try {
    return fn();
  } finally {
    running = outer;
  }
}
