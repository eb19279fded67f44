import type { Description } from "@hookdict/viz";
import type { OpName, Ops, Reply } from "../messages.ts";

/** What a call tells before it is done. */
export type OnProgress = (done: number, total: number, picture?: Description) => void;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly progress: OnProgress | undefined;
}

/** Why calls of a worker that another has taken the place of come to nothing: nobody needs to be told. */
export class Replaced extends Error {}

/** What the worker tells by itself. */
export interface Told {
  readonly request: (line: string) => void;
  /** What to know of a model before its weights come. */
  readonly warning: (warning: string) => void;
  /** The graphics device was lost. */
  readonly lost: (reason: string) => void;
  /** The worker ended. Gives what whoever waits for it, or asks it later, is told. */
  readonly ended: (reason: string) => Error;
}

/** Calls the worker. */
export class Client {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #end: Error | undefined;

  constructor(worker: Worker, told: Told) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      if ("request" in data) return told.request(data.request);
      if ("warning" in data) return told.warning(data.warning);
      if ("lost" in data) return told.lost(data.lost);
      const waiting = this.#waiting.get(data.id);
      if (waiting === undefined) return;
      if ("progress" in data) return waiting.progress?.(...data.progress, data.picture);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting.reject(new Error(data.error));
      else waiting.resolve(data.result as never); // the worker gives what the operation's type says
    });
    const ended = (reason: string): void => {
      if (this.#end === undefined) this.end(told.ended(reason));
    };
    worker.addEventListener("error", (event) => ended(event.message || "its script could not be read"));
    worker.addEventListener("messageerror", () => ended("what it sent could not be read"));
  }

  /** Asks for an operation; its number cancels it. */
  call<K extends OpName>(
    op: K,
    args: Ops[K]["args"],
    progress?: OnProgress,
  ): { readonly id: number; readonly result: Promise<Ops[K]["result"]> } {
    const id = this.#next;
    this.#next += 1;
    if (this.#end !== undefined) return { id, result: Promise.reject(this.#end) };
    const result = new Promise<Ops[K]["result"]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
    });
    this.#worker.postMessage({ id, op, args }, {}); // to the worker alone
    return { id, result };
  }

  cancel(id: number): void {
    this.#worker.postMessage({ cancel: id }, {});
  }

  /** Ends the worker; whatever waits, and whatever is asked later, is told why. */
  end(reason: Error): void {
    this.#end ??= reason;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
