import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a process of the comparison says when it is warm. */
export interface PeerGreeting {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly string[];
  /** Of ours, in generations: weights that a step reads. */
  readonly bytesPerStep?: number;
}

/** A warm process that runs a case when it is told to. */
export interface Peer {
  readonly greeting: PeerGreeting;
  /** Runs a case once; milliseconds, as the process itself measured them. */
  time(name: string): Promise<number>;
  stop(): void;
}

/** Starts a process and waits until it is warm; rejects with the end of what it said where it ends first. */
export async function startPeer(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Peer> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const ask = lineReader(child);
  const greeting = JSON.parse(await ask()) as PeerGreeting; // the protocol's first line
  return {
    greeting,
    time: async (name) => {
      child.stdin.write(`${name}\n`);
      return Number(await ask());
    },
    stop: () => void child.kill(),
  };
}

/** Gives the process's next line that is not chatter: JSON or a number. */
function lineReader(child: ChildProcess): () => Promise<string> {
  let problems = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => void (problems += chunk));
  const ended = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("close", () => reject(new Error(problems.trim().split("\n").at(-1) ?? "it ended")));
  });
  ended.catch(() => undefined); // awaited by whoever asks
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return async () => {
    for (;;) {
      const { value, done } = await Promise.race([lines.next(), ended]);
      if (done === true) return await ended;
      if (/^(\{.*\}|[\d.e+-]+)$/.test(value)) return value;
    }
  };
}
