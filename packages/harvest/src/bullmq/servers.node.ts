import { type BullmqParts, connectPostgres, connectRedis } from "./connect.node.ts";

/** Servers on which BullMQ keeps queues. */
export const SERVERS: readonly {
  /** What stands before `://` in its addresses. */
  readonly schemes: readonly string[];
  readonly connect: (address: string) => Promise<BullmqParts>;
}[] = [
  { schemes: ["redis", "rediss"], connect: connectRedis },
  { schemes: ["postgres", "postgresql"], connect: connectPostgres },
];
