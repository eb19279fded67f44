import { fileURLToPath } from "node:url";
import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { memory } from "@tensorflow/tfjs-core";
import { someTokens } from "../models.ts";

/** Memory over many forward passes with everything captured. */
export interface MemoryFigures {
  readonly passes: number;
  /** Resident memory in MiB: before the passes, then after each tenth of them. */
  readonly residentMiB: readonly number[];
  /** Change of the number of tensors from the end of the first pass to the end of the last. */
  readonly tensors: number;
}

const TINY = fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));
const PASSES = 1000;

/** A thousand forward passes of ioi-tiny at its full length, every site captured. */
export async function memoryOverPasses(): Promise<MemoryFigures> {
  using model = await GPT2.fromPretrained(TINY);
  const tokens = someTokens(model.config.nPositions, model.config.dVocab);
  using hooked = new ActivationCaching("**").prepare(model);
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) hooked.call(tokens).dispose();
  };
  // What is compiled and pooled at first is no leak.
  run(PASSES / 10);
  const before = memory().numTensors;
  const residentMiB = [residentNow()];
  for (let tenth = 0; tenth < 10; tenth++) {
    run(PASSES / 10);
    residentMiB.push(residentNow());
  }
  const tensors = memory().numTensors - before;
  tokens.dispose();
  return { passes: PASSES, residentMiB, tensors };
}

/** Resident memory of the process. The collector has run where node was started with --expose-gc. */
function residentNow(): number {
  globalThis.gc?.();
  return Math.round((process.memoryUsage.rss() / 2 ** 20) * 10) / 10;
}
