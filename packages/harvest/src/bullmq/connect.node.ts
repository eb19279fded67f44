import type { Processor, Queue, Worker, WorkerOptions } from "bullmq";
import { queuePeer, queueUnreachable } from "../queue/errors.ts";

/** What makes queues and workers on one server. */
export interface BullmqParts {
  queue(harvest: string): Queue;
  worker<T>(
    harvest: string,
    processor: Processor<T, void>,
    options: Omit<WorkerOptions, "connection">,
  ): Pick<Worker, "close">;
  /** Resolves when the server answers. @throws UsageError `QUEUE_UNREACHABLE`. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Longest that a server may take to answer the first time. */
const ANSWER_MS = 15_000;

/** A queue is named for its harvest: one server may have any number. */
function queueName(harvest: string): string {
  return `hookdict-harvest-${harvest.slice(0, 16)}`;
}

/** Redis, or Valkey. @throws UsageError `QUEUE_PEER`. */
export async function connectRedis(address: string): Promise<BullmqParts> {
  const { Queue, Worker } = await peer("bullmq", () => import("bullmq"));
  await peer("ioredis", () => import("ioredis"));
  const connection = { url: address };
  return {
    queue: (harvest) => heard(new Queue(queueName(harvest), { connection })),
    worker: (harvest, processor, options) =>
      heard(new Worker(queueName(harvest), processor, { ...options, connection })),
    async ready() {
      const queue = heard(new Queue("hookdict-harvest", { connection }));
      try {
        await inTime(shown(address), queue.waitUntilReady());
      } finally {
        await queue.close().catch(() => undefined); // it never opened
      }
    },
    close: async () => undefined,
  };
}

/** PostgreSQL 13 or newer; BullMQ's tables are made in the schema `bullmq`. @throws UsageError `QUEUE_PEER`. */
export async function connectPostgres(address: string): Promise<BullmqParts> {
  const { Queue, Worker, createPostgresBackend, runMigrations } = await peer(
    "bullmq",
    () => import("bullmq"),
  );
  const { default: pg } = await peer("pg", () => import("pg"));
  const connection = new pg.Pool({
    connectionString: address,
    options: "-c search_path=bullmq",
    max: 40, // a client that listens for each worker, and queries beside
    keepAlive: true,
  });
  connection.on("error", () => undefined); // a server that is gone is tried again by the next query
  return {
    queue: (harvest) => heard(new Queue(queueName(harvest), { connection }, createPostgresBackend as never)),
    worker: (harvest, processor, options) =>
      heard(
        new Worker(queueName(harvest), processor, { ...options, connection } as never, createPostgresBackend),
      ),
    async ready() {
      const client = await inTime(
        shown(address),
        patiently(() => connection.connect()),
      );
      try {
        await runMigrations(client);
      } finally {
        client.release();
      }
    },
    close: () => connection.end(),
  };
}

/** Errors of a connection are met by whoever waits for it; without a listener they would end the process. */
function heard<T extends { on(event: "error", listener: () => void): unknown }>(emitter: T): T {
  emitter.on("error", () => undefined);
  return emitter;
}

/** Tries until it succeeds, or nobody waits any more: a server that starts refuses for a while. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + ANSWER_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (Date.now() > end) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function inTime<T>(address: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } catch (cause) {
    throw queueUnreachable(address, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** An address without what is secret. */
function shown(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

async function peer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw queuePeer(name, cause);
  }
}
