import type { FunctionModel } from "./function-model.ts";

/** The function model whose function runs now, innermost. Function models are synchronous, so one variable will do. */
let running: FunctionModel | undefined;

export function runningModel(): FunctionModel | undefined {
  return running;
}

/** Runs `fn` as the body of `model`, or, for hooks, as a part of no model: what they call is none of its sites. */
export function whileRunning<T>(model: FunctionModel | undefined, fn: () => T): T {
  const outer = running;
  running = model;
  try {
    return fn();
  } finally {
    running = outer;
  }
}
