import type { Part } from "../run/part.ts";
import type { CommandInput } from "./command.node.ts";
import { commandLine } from "./errors.node.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** An option as a whole number. @throws UsageError `COMMAND_LINE`. */
export function wholeOption({ values }: CommandInput, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (typeof text === "string" && /^\d{1,15}$/.test(text)) return Number(text);
  throw commandLine(`--${name} is ${JSON.stringify(text)}, no whole number`, `... --${name} 8`);
}

/** An option as text. */
export function textOption({ values }: CommandInput, name: string): string | undefined {
  const text = values[name];
  return typeof text === "string" ? text : undefined;
}

/** Options by name, without those that were not given. */
export function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never; // the rest
}

/**
 * Which items are this machine's: `i/n`, or `env`, or `env/n`, which the variables of SLURM's arrays and of Kubernetes'
 * indexed jobs tell.
 *
 * @throws UsageError `COMMAND_LINE`
 */
export function partOption(input: CommandInput, environment: Environment): Part | undefined {
  const text = textOption(input, "part");
  if (text === undefined) return undefined;
  const [, first = "", second] = /^(\d+|env)(?:\/(\d+))?$/.exec(text) ?? [];
  const index = first === "env" ? indexFrom(environment) : Number(first);
  const count = second === undefined ? numberFrom(environment, "SLURM_ARRAY_TASK_COUNT") : Number(second);
  const isPart = first !== "" && index !== undefined && count !== undefined && index < count;
  if (!isPart || (first !== "env" && second === undefined))
    throw commandLine(
      `--part is ${JSON.stringify(text)}, and no part of the items`,
      "run ACTS --part 0/4 (or env, or env/4)",
    );
  return { index, count };
}

function indexFrom(environment: Environment): number | undefined {
  const task = numberFrom(environment, "SLURM_ARRAY_TASK_ID");
  if (task === undefined) return numberFrom(environment, "JOB_COMPLETION_INDEX");
  return task - (numberFrom(environment, "SLURM_ARRAY_TASK_MIN") ?? 0);
}

function numberFrom(environment: Environment, name: string): number | undefined {
  const text = environment[name];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
