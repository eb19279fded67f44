import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goesOn } from "../../gate/suite.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** The built command. */
export const command: string = join(root, "packages/harvest/dist/cli.node.js");

/** Builds what is run as its user runs it: without the repository's loader. */
export function build(): void {
  const tsc = join(root, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(tsc, ["-b", "packages/harvest", "packages/backends"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stdout);
}

/** A run of `hookdict-harvest`. */
export interface Running {
  readonly process: ChildProcess;
  /** Resolves with its exit code, or the signal that ended it, and all it wrote. */
  readonly ended: Promise<{ readonly code: number | string; readonly output: string }>;
}

/** Starts `hookdict-harvest`. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (output += text.toString()));
  const ended = new Promise<{ code: number | string; output: string }>((resolve) => {
    child.on("close", (code, by) => resolve({ code: code ?? by ?? 1, output }));
  });
  return { process: child, ended };
}

/** Runs `hookdict-harvest` to its end. */
export function runCommand(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Running["ended"] {
  goesOn(`hookdict-harvest ${args[0] ?? ""}`);
  return start(args, env).ended;
}

/** The children of a process. */
export function childrenOf(pid: number | undefined): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const text = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return Number(parent) === pid && state !== "Z" ? [Number(name)] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // it ended meanwhile
  }
}

/** Waits until something holds. @throws Error after half a minute. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  ms = 30_000,
): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(25);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
