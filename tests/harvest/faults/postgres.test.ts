import { createPostgresBackend, Queue } from "bullmq";
import { Client, Pool } from "pg";
import { suite } from "../../gate/suite.ts";
import { build } from "../support/processes.ts";
import { queueTests } from "../support/queue-tests.ts";
import { MISSING, startPostgres } from "../support/servers.ts";

const test = suite("harvest with PostgreSQL");

test.before(build);

queueTests(test, MISSING.postgres, startPostgres, {
  async forget(connectionString) {
    const client = new Client({ connectionString });
    await client.connect();
    await client.query("DELETE FROM bullmq.job");
    await client.end();
  },
  queue(connectionString, name) {
    const connection = new Pool({ connectionString, options: "-c search_path=bullmq" });
    const queue = new Queue(name, { connection }, createPostgresBackend as never);
    const close = async (): Promise<void> => {
      await queue.close();
      await connection.end();
    };
    return { queue, close };
  },
});

test.run();
