import { fileURLToPath } from "node:url";
import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { memory as memoryNow } from "@tensorflow/tfjs-core";
import { someTokens } from "../models.ts";
import { type Case, plainCase } from "./case.ts";

/** Memory over many forward passes with everything captured. */
interface MemoryFigures {
  readonly passes: number;
  /** Resident memory in MiB: before the passes, then after each tenth of them. */
  readonly residentMiB: readonly number[];
  /** Change of the number of tensors from the end of the first pass to the end of the last. */
  readonly tensors: number;
}

const TINY = fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));
const PASSES = 1000;

/** A thousand forward passes of ioi-tiny at its full length, every site captured. */
async function measure(): Promise<MemoryFigures> {
  using model = await GPT2.fromPretrained(TINY);
  const tokens = someTokens(model.config.nPositions, model.config.dVocab);
  using hooked = new ActivationCaching("**").prepare(model);
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) hooked.call(tokens).dispose();
  };
  // What is compiled and pooled at first is no leak.
  run(PASSES / 10);
  const before = memoryNow().numTensors;
  const residentMiB = [residentNow()];
  for (let tenth = 0; tenth < 10; tenth++) {
    run(PASSES / 10);
    residentMiB.push(residentNow());
  }
  const tensors = memoryNow().numTensors - before;
  tokens.dispose();
  return { passes: PASSES, residentMiB, tensors };
}

/** Resident memory of the process. The collector has run where node was started with --expose-gc. */
function residentNow(): number {
  globalThis.gc?.();
  return Math.round((process.memoryUsage.rss() / 2 ** 20) * 10) / 10;
}

export const memory: Case = plainCase({
  name: "memory",
  about: "what 1,000 passes leave behind",
  measure,
  render: (backend, { passes, residentMiB, tensors }) => {
    const [first = Number.NaN, ...later] = residentMiB;
    const steps = later.map((mib) => mib.toFixed(0)).join(", ");
    return `${backend}: ${passes} captured passes of ioi-tiny, ${tensors} tensors more; resident ${first.toFixed(0)} MiB, then ${steps}`;
  },
});
