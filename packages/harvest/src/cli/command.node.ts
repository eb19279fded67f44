import type { ParseArgsConfig } from "node:util";
import type { StopSignal } from "../run/runner.ts";

/** What a command is given. */
export interface CommandInput {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly places: readonly string[];
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** Whether somebody watches: then progress is drawn, else told by lines. */
  readonly isTerminal: boolean;
  /** Raised by Ctrl-C. */
  readonly signal: StopSignal;
}

/** A command of `hookdict-harvest`. One file for each; `commands.node.ts` lists them. */
export interface Command {
  readonly name: string;
  /** What stands behind the name. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** Gives the exit code; 0 unless something is wrong. */
  run(input: CommandInput): Promise<number>;
}
