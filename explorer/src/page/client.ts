import type { Description } from "@hookdict/viz";
import type { OpName, Ops, Reply } from "../messages.ts";

/** What a call tells before it is done. */
export type OnProgress = (done: number, total: number, picture?: Description) => void;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly progress: OnProgress | undefined;
}

/** Calls the worker. */
export class Client {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(worker: Worker, onRequest: (line: string) => void, onLost: (reason: string) => void) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      if ("request" in data) return onRequest(data.request);
      if ("lost" in data) return onLost(data.lost);
      const waiting = this.#waiting.get(data.id);
      if (waiting === undefined) return;
      if ("progress" in data) return waiting.progress?.(...data.progress, data.picture);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting.reject(new Error(data.error));
      else waiting.resolve(data.result as never); // the worker gives what the operation's type says
    });
    worker.addEventListener("error", (event) => this.end(`the worker ended: ${event.message}`));
  }

  /** Asks for an operation; its number cancels it. */
  call<K extends OpName>(
    op: K,
    args: Ops[K]["args"],
    progress?: OnProgress,
  ): { readonly id: number; readonly result: Promise<Ops[K]["result"]> } {
    const id = this.#next;
    this.#next += 1;
    const result = new Promise<Ops[K]["result"]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
    });
    this.#worker.postMessage({ id, op, args }, {}); // to the worker alone
    return { id, result };
  }

  cancel(id: number): void {
    this.#worker.postMessage({ cancel: id }, {});
  }

  /** Ends the worker; whatever waits is told why. */
  end(reason: string): void {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}
