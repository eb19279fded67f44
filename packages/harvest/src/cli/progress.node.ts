import type { HarvestProgress } from "../run/progress.ts";
import type { CommandInput, Terminal } from "./command.node.ts";
import { progressLine } from "./show.node.ts";

/** Between two lines where nobody watches. */
const EVERY_MS = 10_000;

/** Cells of the bar, and columns where a terminal does not tell. */
const CELLS = 24;
const COLUMNS = 80;

/** Shows progress: a bar on a terminal, else a plain line every ten seconds and at the end. */
export interface Shown {
  readonly onProgress: (progress: HarvestProgress) => void;
  /** After this, lines can be said again. */
  end(): void;
}

/** Begins to show progress. */
export function showProgress({ terminal, say }: CommandInput): Shown {
  return terminal === undefined ? lines(say) : bar(terminal);
}

/** One line that is written again and again: a longer one would leave its first half behind each time. */
function bar(terminal: Terminal): Shown {
  let isDrawn = false;
  return {
    onProgress(progress) {
      const room = (terminal.columns ?? COLUMNS) - 1 - (CELLS + 1);
      const filled = Math.floor((CELLS * (progress.done + progress.dead)) / progress.total);
      const cells = "━".repeat(filled) + "╌".repeat(CELLS - filled);
      terminal.write(`\r${cells} ${progressLine(progress, Math.max(0, room))}\x1b[K`);
      isDrawn = true;
    },
    end() {
      if (isDrawn) terminal.write("\n");
      isDrawn = false;
    },
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
      last = undefined;
    },
  };
}
