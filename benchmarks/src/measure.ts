/** Something to time, between a beginning and an end that are not. What `run` returns is waited for. */
export interface Task {
  readonly before?: () => void;
  readonly run: () => void | Promise<void>;
  readonly after?: () => void;
}

/** One figure: median and quartiles of the times of one task, in milliseconds. */
export interface Timing {
  readonly medianMs: number;
  readonly lowMs: number;
  readonly highMs: number;
  readonly rounds: number;
}

/** How long to measure. */
export interface Effort {
  /** Rounds in which every task runs once, in turn. */
  readonly rounds: number;
  /** Runs of each task before the first round. Default 1. */
  readonly warmups?: number;
  /** No further round begins after this time, in milliseconds. Default none. */
  readonly budgetMs?: number;
}

/**
 * Times tasks against each other: every round runs each once, in an order that turns, so that a machine that is slow for
 * a while is slow for all of them.
 */
export async function compare<K extends string>(
  tasks: Readonly<Record<K, Task>>,
  effort: Effort,
): Promise<Record<K, Timing>> {
  const names = Object.keys(tasks) as K[]; // the record's own keys
  const times = new Map<K, number[]>(names.map((name) => [name, []]));
  for (let i = 0; i < (effort.warmups ?? 1); i++) for (const name of names) await time(tasks[name]);
  const start = performance.now();
  for (let round = 0; round < effort.rounds; round++) {
    if (round > 0 && performance.now() - start > (effort.budgetMs ?? Infinity)) break;
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length];
      if (name === undefined) continue;
      times.get(name)?.push(await time(tasks[name]));
    }
  }
  return Object.fromEntries(names.map((name) => [name, summarise(times.get(name) ?? [])])) as Record<
    K,
    Timing
  >;
}

async function time(task: Task): Promise<number> {
  task.before?.();
  const start = performance.now();
  await task.run();
  const elapsed = performance.now() - start;
  task.after?.();
  return elapsed;
}

/** Median and quartiles. */
export function summarise(times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { medianMs: at(0.5), lowMs: at(0.25), highMs: at(0.75), rounds: sorted.length };
}
