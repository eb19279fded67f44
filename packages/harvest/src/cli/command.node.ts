import type { ParseArgsConfig } from "node:util";
import type { StopSignal } from "../run/runner.ts";

/** A terminal, as it is written to. */
export interface Terminal {
  write(text: string): unknown;
  /** How many characters a line has. */
  readonly columns?: number | undefined;
}

/** What a command is given. */
export interface CommandInput {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly places: readonly string[];
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** Where somebody watches: there progress is drawn, else told by lines. */
  readonly terminal: Terminal | undefined;
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
