import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { summarise, type Timing } from "../measure.ts";

/** `prepare` and dispose with `**.hook_q` on a model of 10,000 sites, 2,500 of which match. */
export interface PrepareFigures {
  /** The first time in a process that has loaded the code, and nothing else: the median of several processes. */
  readonly coldMs: number;
  readonly warm: Timing;
  /** A plain recursive walk over the same model that lists every path, as cold; absent in older results. */
  readonly plainColdMs?: number;
}

const PROCESSES = 7;

/**
 * A young generation of one size: V8 grows it by what a process has loaded before, and the first touch of its new pages,
 * 1 to 3 ms in 5 to 10 of 30 rounds, says nothing of `prepare`.
 */
const FLAGS = ["--expose-gc", "--min-semi-space-size=16", "--max-semi-space-size=16"];

/** Each time in a process of its own. */
export function prepare(): PrepareFigures {
  const runs = Array.from({ length: PROCESSES }, () => ({
    prepare: inProcess("prepare"),
    plain: inProcess("plain"),
  }));
  return {
    coldMs: summarise(runs.map((run) => run.prepare.coldMs)).medianMs,
    warm: summarise(runs.flatMap((run) => run.prepare.warmMs)),
    plainColdMs: summarise(runs.map((run) => run.plain.coldMs)).medianMs,
  };
}

function inProcess(task: "prepare" | "plain"): {
  readonly coldMs: number;
  readonly warmMs: readonly number[];
} {
  const script = fileURLToPath(new URL("prepare-cold.mjs", import.meta.url));
  const output = execFileSync(process.execPath, [...FLAGS, script, task], { encoding: "utf8" });
  return JSON.parse(output) as ReturnType<typeof inProcess>; // written by the script
}
