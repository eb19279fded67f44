import { progress as progressBar } from "@clack/prompts";
import type { HarvestProgress } from "../run/progress.ts";
import type { CommandInput } from "./command.node.ts";
import { progressLine } from "./show.node.ts";

/** Between two lines where nobody watches. */
const EVERY_MS = 10_000;

/** Shows progress: a bar on a terminal, else a plain line every ten seconds and at the end. */
export interface Shown {
  readonly onProgress: (progress: HarvestProgress) => void;
  end(): void;
}

/** Begins to show progress. */
export function showProgress({ isTerminal, say }: CommandInput): Shown {
  return isTerminal ? bar() : lines(say);
}

function bar(): Shown {
  let shown: ReturnType<typeof progressBar> | undefined;
  let [at, text] = [0, ""];
  return {
    onProgress(progress) {
      if (shown === undefined) {
        shown = progressBar({ max: progress.total, size: 24 }); // wider ones wrap at 80 columns
        shown.start("harvesting");
      }
      text = progressLine(progress);
      shown.advance(progress.done + progress.dead - at, text);
      at = progress.done + progress.dead;
    },
    end: () => shown?.stop(text),
  };
}

function lines(say: (line: string) => void): Shown {
  let last: HarvestProgress | undefined;
  let told = Number.NEGATIVE_INFINITY;
  return {
    onProgress(progress) {
      last = progress;
      if (performance.now() - told < EVERY_MS) return;
      told = performance.now();
      say(progressLine(progress));
    },
    end() {
      if (last !== undefined) say(progressLine(last));
    },
  };
}
