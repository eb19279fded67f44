import { FormatError, type HookdictError, UsageError } from "@hookdict/tensordict";
import { harvestStopped, itemEnded, itemFailed, itemTimeout } from "../run/errors.ts";
import { type ItemRunner, SetupError, type StopSignal } from "../run/runner.ts";
import type { ItemOutcome, RunnerSettings } from "../run/settings.ts";
import type { ChildAnswer } from "./child-answer.ts";
import { ChildEnded, ComputingProcess } from "./process.node.ts";

/** Longest that a child may take to load its recipe and model. */
const OPEN_MS = 600_000;

/**
 * Children that compute items, each in a process of its own: memory and native code stay apart, one that ends is a failed
 * attempt, and all end with this process. No more items are asked for at a time than there may be children.
 */
export function openPool(settings: RunnerSettings, processes: number, itemTimeoutMs: number): ItemRunner {
  return new ProcessPool(settings, processes, itemTimeoutMs);
}

class ProcessPool implements ItemRunner {
  readonly size: number;
  readonly #settings: RunnerSettings;
  readonly #itemTimeoutMs: number;
  readonly #idle: ComputingProcess[] = [];
  readonly #all = new Set<ComputingProcess>();

  constructor(settings: RunnerSettings, processes: number, itemTimeoutMs: number) {
    this.size = processes;
    this.#settings = settings;
    this.#itemTimeoutMs = itemTimeoutMs;
  }

  async open(): Promise<void> {
    try {
      await this.#compute(null, undefined);
    } catch (error) {
      throw error instanceof SetupError ? error : new SetupError(error);
    }
  }

  async run(item: number, signal?: StopSignal): Promise<ItemOutcome> {
    return (await this.#compute(item, signal)) as ItemOutcome; // an item has one
  }

  async #compute(item: number | null, signal: StopSignal | undefined): Promise<ItemOutcome | undefined> {
    const child = this.#take();
    const end = (): void => void child.kill();
    let isLate = false;
    const after = (ms: number): NodeJS.Timeout =>
      setTimeout(() => {
        isLate = true;
        end();
      }, ms);
    let timer = after(OPEN_MS);
    // Loading is not the item's time.
    const begin = (): void => {
      clearTimeout(timer);
      timer = after(this.#itemTimeoutMs);
    };
    if (signal?.aborted === true) end();
    signal?.addEventListener("abort", end, { once: true });
    try {
      const answer = await child.compute(this.#settings, item, begin);
      this.#idle.push(child);
      return told(answer, item ?? -1);
    } catch (error) {
      if (!(error instanceof ChildEnded)) throw error;
      this.#all.delete(child);
      if (signal?.aborted === true) throw harvestStopped();
      throw isLate ? itemTimeout(item ?? -1, this.#itemTimeoutMs) : itemEnded(item ?? -1, error.how);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  }

  /** A child that is idle and lives, or a new one. */
  #take(): ComputingProcess {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.how === undefined) return idle;
      this.#all.delete(idle);
    }
    const child = new ComputingProcess();
    this.#all.add(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((child) => child.kill()));
  }
}

/** The outcome that a child tells. @throws what it tells otherwise. */
function told(answer: ChildAnswer, item: number): ItemOutcome | undefined {
  if (answer.ok) return answer.outcome;
  if (!answer.isSetup) throw itemFailed(item, answer.message, answer.stack);
  throw new SetupError(setupCause(answer));
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
