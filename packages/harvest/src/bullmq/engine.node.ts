import type { EngineKind } from "../queue/kind.ts";
import { bullmqQueue } from "./index.node.ts";
import { SERVERS } from "./servers.node.ts";

export const bullmq: EngineKind = {
  schemes: SERVERS.flatMap(({ schemes }) => schemes),
  examples: ["redis://host:port", "rediss://...", "postgres://user@host:port/database"],
  open: (connection) => bullmqQueue({ connection }),
};
