import { type ChildProcess, fork } from "node:child_process";
import { execArgv } from "node:process";
import { fileURLToPath } from "node:url";
import type { RunnerSettings } from "../run/settings.ts";
import type { ChildAnswer, ChildMessage } from "./child-answer.ts";

/** The script of a child beside this file: TypeScript where this is, JavaScript where it was built. */
const script = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "child.node.ts" : "child.node.js", import.meta.url),
);

/** A child that ended before it answered; `how` says with which signal or exit code. */
export class ChildEnded extends Error {
  readonly how: string;

  constructor(how: string) {
    super(`the process ended (${how})`);
    this.how = how;
  }
}

/** A child process that is told one item at a time. */
export class ComputingProcess {
  readonly #process: ChildProcess;
  readonly #ended: Promise<string>;
  /** How it ended. */
  how: string | undefined;

  constructor() {
    this.#process = fork(script, [], { execArgv: [...execArgv] });
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.how = how;
        resolve(how);
      };
      this.#process.once("exit", (code, signal) =>
        end(signal === null ? `exit code ${code}` : `killed by ${signal}`),
      );
      this.#process.once("error", ({ message }) => end(message)); // it could not be started
    });
  }

  /**
   * Has it compute an item, or with `null` load what items need.
   *
   * @param onOpened Called when it has loaded that.
   * @throws ChildEnded
   */
  async compute(settings: RunnerSettings, item: number | null, onOpened: () => void): Promise<ChildAnswer> {
    let listen = (_message: ChildMessage): void => undefined;
    const answered = new Promise<ChildAnswer>((resolve) => {
      listen = (message) => (message === "opened" ? onOpened() : resolve(message));
      this.#process.on("message", listen);
    });
    try {
      this.#process.send({ settings, item }, () => undefined); // one that is gone is told by its end
      const first = await Promise.race([answered, this.#ended]);
      if (typeof first === "string") throw new ChildEnded(first);
      return first;
    } finally {
      this.#process.off("message", listen);
    }
  }

  /** Ends it at once; resolves when it has ended. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
