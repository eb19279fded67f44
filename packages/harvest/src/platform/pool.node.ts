import { execArgv } from "node:process";
import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { FormatError, type HookdictError, UsageError } from "@hookdict/tensordict";
import { harvestStopped, itemEnded, itemFailed, itemTimeout } from "../run/errors.ts";
import { type ItemRunner, SetupError, type StopSignal } from "../run/runner.ts";
import type { ItemOutcome, RunnerSettings } from "../run/settings.ts";
import type { ChildAnswer } from "./child-answer.ts";

/** The script of a child beside this file: TypeScript where this is, JavaScript where it was built. */
const script = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "child.node.ts" : "child.node.js", import.meta.url),
);

/** Longest that a child may take to load its recipe and model. */
const OPEN_MS = 600_000;

/**
 * Children that compute items, each in a process of its own: memory and native code stay apart, one that ends is a failed
 * attempt, and all end with this process.
 */
export function openPool(settings: RunnerSettings, processes: number, itemTimeoutMs: number): ItemRunner {
  const pool = workerpool.pool(script, {
    workerType: "process",
    minWorkers: 0,
    maxWorkers: processes,
    workerTerminateTimeout: 500,
    forkOpts: { execArgv: execArgv.filter((flag) => !flag.startsWith("--max-old-space-size")) },
  });
  return {
    size: processes,
    async open() {
      await told(pool.exec("compute", [settings, null]).timeout(OPEN_MS), -1, OPEN_MS);
    },
    async run(item, signal) {
      let timer: NodeJS.Timeout | undefined;
      let isLate = false;
      // A child says when it has loaded its model: until then the item has not begun.
      const begin = (): void => {
        timer = setTimeout(() => {
          isLate = true;
          void done.cancel();
        }, itemTimeoutMs);
      };
      const done = pool.exec("compute", [settings, item], { on: begin }).timeout(OPEN_MS + itemTimeoutMs);
      try {
        const outcome = await told(withSignal(done, signal), item, itemTimeoutMs);
        return outcome as ItemOutcome; // an item has one
      } catch (error) {
        throw isLate ? itemTimeout(item, itemTimeoutMs) : error;
      } finally {
        clearTimeout(timer);
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.terminate(true);
    },
  };
}

type Running = ReturnType<workerpool.Pool["exec"]>;

/** A computation whose child is ended when the signal is raised. */
async function withSignal(done: Running, signal: StopSignal | undefined): Promise<unknown> {
  const stop = (): void => void done.cancel();
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await done;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** The outcome that a child tells. @throws what it tells otherwise, or how it ended. */
async function told(done: PromiseLike<unknown>, item: number, ms: number): Promise<ItemOutcome | undefined> {
  let answer: ChildAnswer;
  try {
    answer = (await done) as ChildAnswer; // `compute` returns nothing else
  } catch (cause) {
    const error = ending(cause, item, ms);
    throw item < 0 ? new SetupError(error) : error;
  }
  if (answer.ok) return answer.outcome;
  if (!answer.isSetup) throw itemFailed(item, answer.message, answer.stack);
  throw new SetupError(setupCause(answer));
}

function ending(cause: unknown, item: number, ms: number): Error {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
  if (name === "TimeoutError" || message.includes("timed out")) return itemTimeout(item, ms);
  if (name === "CancellationError") return harvestStopped();
  const signal = /signalCode: `(\w+)`/.exec(message)?.[1];
  const code = /exitCode: `(\w+)`/.exec(message)?.[1];
  if (signal !== undefined && signal !== "null") return itemEnded(item, `killed by ${signal}`);
  return itemEnded(
    item,
    code === undefined || code === "null" ? (message.split("\n")[0] ?? "") : `exit code ${code}`,
  );
}

/** The error that a child met, as it was there. */
function setupCause({ message, stack, code, kind }: Extract<ChildAnswer, { ok: false }>): Error {
  const error: Error | HookdictError =
    code === undefined
      ? new Error(message)
      : kind === "UsageError"
        ? new UsageError({ code, what: message })
        : new FormatError({ code, what: message });
  if (stack !== "") error.stack = stack;
  return error;
}
