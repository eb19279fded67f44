import { parseArgs } from "node:util";
import { isHookdictError, visible } from "@hookdict/tensordict";
import type { Command, CommandInput, Terminal } from "./command.node.ts";
import { COMMANDS } from "./commands.node.ts";
import { commandLine } from "./errors.node.ts";

/** Where lines go. */
export interface Output extends Terminal {
  readonly isTTY?: boolean;
}

/** Runs `hookdict-harvest` with these arguments; gives the exit code: 0, 1 where something is wrong, 2 for a wrong command line. */
export async function runCommandLine(
  args: readonly string[],
  output: Output,
  problems: Output,
): Promise<number> {
  const [name = "help", ...rest] = args;
  const say = (line: string): void => void output.write(`${visible(line)}\n`);
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const isAsked = name === "help" || isHelp(name);
    (isAsked ? output : problems).write(`${visible(help(isAsked ? undefined : name))}\n`);
    return isAsked ? 0 : 2;
  }
  if (rest.some(isHelp)) {
    say(usageOf(command));
    return 0;
  }
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const terminal = output.isTTY === true ? output : undefined;
    return await command.run({ ...parse(command, rest), say, terminal, signal: stop.signal });
  } catch (error) {
    problems.write(`${describe(error)}\n`);
    return isHookdictError(error) && error.code === "COMMAND_LINE" ? 2 : 1;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

function parse({ options, usage }: Command, args: string[]): Pick<CommandInput, "values" | "places"> {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values: values as CommandInput["values"], places: positionals }; // no option is given several times
  } catch (cause) {
    throw commandLine(cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause), usage);
  }
}

/** An error of ours tells enough; another one needs its stack. */
function describe(error: unknown): string {
  if (isHookdictError(error)) return error.message;
  return visible(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function usageOf({ usage, summary }: Command): string {
  return `  hookdict-harvest ${usage}\n      ${summary}`;
}

function help(unknown: string | undefined): string {
  const lines = COMMANDS.map(usageOf);
  const head = unknown === undefined ? "The activations of a data set." : `There is no command "${unknown}".`;
  return [head, "", ...lines].join("\n");
}
