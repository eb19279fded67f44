import type { StopSignal } from "../run/runner.ts";

/** What a queue holds. */
export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly dead: number;
}

/** An item that a queue gave up. */
export interface DeadJob {
  readonly item: number;
  readonly reason: string;
  readonly stack?: string;
  readonly attempts?: number;
}

/** How a worker takes items from a queue. */
export interface QueueWorkOptions {
  /** Items at the same time. */
  readonly concurrency: number;
  /** Milliseconds after which an item whose worker says nothing is given to another. */
  readonly lease: number;
}

/**
 * The queue of one harvest: it hands items out, and may lose, repeat and reorder them, since the store knows what is done.
 * A queue of your own needs the same methods; `queueConformance` of `@hookdict/harvest/testing` tells whether it does.
 */
export interface WorkQueue extends AsyncDisposable {
  /** Adds items; one that is there already stays what it is. */
  enqueue(items: Iterable<number>): Promise<void>;
  counts(): Promise<QueueCounts>;
  /**
   * Takes items and runs each. One whose run rejects is tried again, after all attempts it is dead. Disposing what it
   * returns takes no more, and waits for those that run.
   */
  work(run: (item: number, signal: StopSignal) => Promise<void>, options: QueueWorkOptions): AsyncDisposable;
  dead(): Promise<readonly DeadJob[]>;
  /** Has dead items tried again. */
  retryDead(): Promise<void>;
}

/** A server of queues. */
export interface QueueEngine extends AsyncDisposable {
  /**
   * The queue of a harvest. Disposing it closes it, not the engine.
   *
   * @param harvest The plan's id.
   */
  open(harvest: string, options?: { readonly attempts?: number }): Promise<WorkQueue>;
}
