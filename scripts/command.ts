import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder, without a closing slash. */
export const root: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

/** Flags with which `node` runs TypeScript files and finds the packages' sources. */
export const sourceFlags: readonly string[] = [
  "--conditions=@hookdict/source",
  "--import",
  "@hookdict/loader",
];

/** Installed tools first, then what the caller has. */
const searchPath = [join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);

/** How a command ended and all it wrote, in order. */
export interface CommandResult {
  /** The exit code; 1 where the process was ended by a signal or could not be started. */
  readonly code: number;
  readonly output: string;
}

/** Options of {@link runCommand}. */
export interface CommandOptions {
  /** Working directory; the repository's root where none is given. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end, without standard input and without a shell, and never rejects. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const env = { ...process.env, PATH: searchPath, ...options.env };
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { cwd: options.cwd ?? root, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => void (output += chunk));
    }
    child.on("error", (error) => resolve({ code: 1, output: `${output}${command}: ${error.message}\n` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Like {@link runCommand}, but a command that fails is an error with its output; returns the output. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, output } = await runCommand(command, args, options);
  if (code === 0) return output;
  throw new Error(`\`${[command, ...args].join(" ")}\` failed with exit code ${code}:\n${output}`);
}
