import type { WriteStream } from "node:tty";

/** A progress bar on one line of a terminal; elsewhere it stays silent. */
export class ProgressBar {
  readonly #stream: WriteStream;
  readonly #label: string;

  constructor(stream: WriteStream, label: string) {
    this.#stream = stream;
    this.#label = label;
  }

  show(done: number, total: number): void {
    if (!this.#stream.isTTY) return;
    const filled = Math.round((done / total) * 30);
    const bar = "█".repeat(filled) + "░".repeat(30 - filled);
    this.#stream.write(`\r${this.#label} ${bar} ${done}/${total}`);
    if (done === total) this.#stream.write("\n");
  }
}
