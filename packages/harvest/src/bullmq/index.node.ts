import type { QueueEngine } from "../queue/queue.ts";
import { harvestOption } from "../checks/errors.ts";
import { checkKind, checkKnown } from "../checks/options.ts";
import type { BullmqParts } from "./connect.node.ts";
import { bullmqWorkQueue } from "./queue.node.ts";
import { SERVERS } from "./servers.node.ts";

/** Options of {@link bullmqQueue}. */
export interface BullmqQueueOptions {
  /** `redis://` or `rediss://` of Redis or Valkey (set `maxmemory-policy noeviction`), or `postgres://` of PostgreSQL 13+. */
  readonly connection: string;
}

/**
 * Queues of BullMQ: needs `bullmq`, and `ioredis` or `pg`. Leases, tries, pauses between them and dead items are BullMQ's, and
 * its dashboards show them.
 *
 * @throws UsageError `HARVEST_OPTION`; from `open`: `QUEUE_PEER`, `QUEUE_UNREACHABLE`.
 * @example no-run
 * await using engine = bullmqQueue({ connection: "redis://127.0.0.1:6379" });
 */
export function bullmqQueue(options: BullmqQueueOptions): QueueEngine {
  checkKnown("bullmqQueue", options, ["connection"]);
  const { connection } = options;
  checkKind("bullmqQueue", "connection", connection ?? null, "a text");
  const server = SERVERS.find(({ schemes }) =>
    schemes.some((scheme) => connection.startsWith(`${scheme}://`)),
  );
  if (server === undefined)
    throw harvestOption(
      "bullmqQueue",
      "connection",
      connection,
      "an address that begins with redis:// or postgres://",
    );
  let parts: Promise<BullmqParts> | undefined;
  return {
    async open(harvest, { attempts = 5 } = {}) {
      parts ??= server.connect(connection);
      const opened = await parts;
      await opened.ready();
      return bullmqWorkQueue(opened, harvest, attempts);
    },
    async [Symbol.asyncDispose]() {
      await (await parts?.catch(() => undefined))?.close();
      parts = undefined;
    },
  };
}
