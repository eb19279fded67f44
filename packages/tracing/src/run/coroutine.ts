import { type HookTarget } from "@hookdict/core";
import { collectTensors } from "@hookdict/tensordict/tensors";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import type { Group } from "../batch/groups.ts";
import { bodyInvalid, prepareInside, yieldInvalid } from "./errors.ts";
import type { Queue } from "./queue.ts";
import { isRequest, type Refusal, type Request, type Wait } from "./request.ts";

/** What `stop` throws through a body. */
export class StopSignal {
  /** Not an error: the body has asked for it. */
  readonly isStop: true = true;
}

/** How a body stands. */
type State = "waiting" | "running" | "finished" | "stopped" | "failed";

/** Whoever a body is named after: most names are never asked for. */
interface Named {
  readonly name: string;
}

/** One body while it runs interleaved with the model. */
export class Coroutine {
  /** Place in the order in which bodies are served. */
  readonly order: number;
  /** The rows of the batch that are the body's; `undefined` for all. */
  readonly group: Group | undefined;
  /** The step that requests without one are about. */
  step = 0;
  /** What the body waits for; `undefined` while it runs and after its end. */
  pending: Request | undefined;
  /** What answers `pending`, once that can be served whatever site is visited. */
  isReady = false;
  state: State = "waiting";
  result: unknown;
  /** Tensors that the body was given or has made. **Ownership:** the body's. */
  readonly owned: Tensor[] = [];
  readonly #named: Named;
  readonly #target: HookTarget;
  readonly #queue: Queue;
  #generator: Wait<unknown> | undefined;

  constructor(order: number, named: Named, group: Group | undefined, target: HookTarget, queue: Queue) {
    this.order = order;
    this.#named = named;
    this.group = group;
    this.#target = target;
    this.#queue = queue;
  }

  /** For messages. */
  get name(): string {
    return this.#named.name;
  }

  get isOver(): boolean {
    return this.state !== "waiting" && this.state !== "running";
  }

  becomeReady(): void {
    this.isReady = true;
    this.#queue.add(this);
  }

  /** Makes the generator. @throws UsageError `TRACE_BODY` */
  open(make: () => unknown): void {
    const made = this.#aside(make);
    const isGenerator =
      typeof made === "object" && made !== null && Symbol.iterator in made && "throw" in made;
    if (!isGenerator) throw bodyInvalid(this.name, made);
    this.#generator = made as Wait<unknown>;
  }

  /**
   * Lets the body go on with an answer, up to its next request; `undefined` when there is none any more.
   *
   * @throws what the body throws, the very object.
   */
  advance(answer: unknown): Request | undefined {
    const generator = this.#generator;
    if (generator === undefined) return undefined;
    this.pending = undefined;
    this.isReady = false;
    this.state = "running";
    try {
      const step = this.#aside(() => generator.next(answer));
      if (step.done === true) {
        this.result = step.value;
        this.state = "finished";
        return undefined;
      }
      if (!isRequest(step.value)) throw yieldInvalid(this.name, step.value);
      this.state = "waiting";
      this.pending = step.value;
      return step.value;
    } catch (error) {
      if (error instanceof StopSignal) {
        this.state = "stopped";
        return undefined;
      }
      this.state = "failed";
      this.#return();
      throw error;
    }
  }

  /** {@link Coroutine.advance} with an error for the body. */
  refuse(refusal: Refusal): Request | undefined {
    return this.advance(refusal);
  }

  /** Ends a body that still waits, so that its `finally` blocks run. @throws what they throw */
  cancel(): void {
    if (this.isOver) return;
    this.state = "stopped";
    this.pending = undefined;
    this.#return();
  }

  /** Frees what the body has not given away. */
  free(): void {
    if (this.owned.length === 0) return;
    dispose(this.owned.filter((tensor) => !tensor.isDisposed));
    this.owned.length = 0;
  }

  /** Code of the body's is no part of the run: what it calls of the model is bare, and what it makes is its own. */
  #aside<T>(fn: () => T): T {
    return this.#target.bare(
      () => collectTensors(fn, this.owned),
      (owner) => prepareInside(owner, this.name),
    );
  }

  #return(): void {
    const generator = this.#generator;
    this.#generator = undefined;
    if (generator === undefined) return;
    // A generator that yields while it is being ended would never end.
    this.#aside(() => generator.return(undefined));
  }
}
