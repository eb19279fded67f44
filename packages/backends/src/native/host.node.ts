import { spawnSync } from "node:child_process";

/** The machine that is built for, as far as the build looks at it. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The machine that this process runs on. */
export const thisHost: Host = { platform: process.platform, arch: process.arch, env: process.env };

/** How a program ended; `undefined` where it could not be started. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, without a shell. */
export function runProgram(host: Host, command: string, args: readonly string[]): Outcome | undefined {
  const result = spawnSync(command, args, {
    env: host.env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 2 ** 20,
  });
  if (result.error !== undefined) return undefined;
  const ended = result.signal === null ? "" : `\nended by ${result.signal}`;
  return { code: result.status ?? 1, stdout: result.stdout, stderr: result.stderr + ended };
}
