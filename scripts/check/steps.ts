import { availableParallelism } from "node:os";
import { runCommand } from "../command.ts";

/** One check: a command that exits with 0 when all is well. */
export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Whether what it writes is shown when it passes, too. */
  readonly report?: boolean;
}

/** Runs the steps, as many at a time as there are cores, prints a line for each and returns the names of those that failed. */
export async function runSteps(steps: readonly Step[]): Promise<string[]> {
  const queue = [...steps];
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      if (!(await runStep(step))) failed.push(step.name);
    }
  };
  await Promise.all(Array.from({ length: Math.min(steps.length, availableParallelism()) }, work));
  return failed;
}

async function runStep(step: Step): Promise<boolean> {
  const start = performance.now();
  const [command, ...args] = step.command;
  const { code, output } = await runCommand(command, args, { env: { NO_COLOR: "1" } });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(formatStep(step, code === 0, seconds, output));
  return code === 0;
}

/** One line; its output below it where it failed, beside it where it is a report. */
export function formatStep(step: Step, passed: boolean, seconds: string, output: string): string {
  const text = output.trim();
  if (!passed) return `FAIL ${step.name} (${seconds} s)\n${text.replace(/^/gm, "     ")}`;
  return `ok   ${step.name} (${seconds} s)${step.report === true && text !== "" ? `: ${text}` : ""}`;
}
