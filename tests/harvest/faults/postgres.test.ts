import { Client } from "pg";
import { suite } from "../../gate/suite.ts";
import { build } from "../support/processes.ts";
import { queueTests } from "../support/queue-tests.ts";
import { MISSING, startPostgres } from "../support/servers.ts";

const test = suite("harvest with PostgreSQL");

test.before(build);

queueTests(test, MISSING.postgres, startPostgres, async (connectionString) => {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query("DELETE FROM bullmq.job");
  await client.end();
});

test.run();
