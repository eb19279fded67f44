import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { bullmqQueue } from "@hookdict/harvest/bullmq";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { build } from "../support/processes.ts";
import { queueTests } from "../support/queue-tests.ts";
import { MISSING, startRedis } from "../support/servers.ts";

const test = suite("harvest with Redis");

test.before(build);

queueTests(test, MISSING.redis, startRedis, {
  async forget(address) {
    const redis = new Redis(address);
    await redis.flushall();
    redis.disconnect();
  },
  queue(address, name) {
    const queue = new Queue(name, { connection: { url: address } });
    return { queue, close: () => queue.close() };
  },
});

test("a server that does not answer is told, without what is secret in its address", async () => {
  await using engine = bullmqQueue({ connection: "redis://user:secret@127.0.0.1:1/2" });
  const error = await rejected(engine.open("b".repeat(64)));
  assert.is((error as { code?: string }).code, "QUEUE_UNREACHABLE");
  assert.is(
    error.message,
    "redis://127.0.0.1:1/2: no queue answers. Check the address, and that the server runs.",
  );
});

test.run();
