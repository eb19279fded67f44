import { join } from "node:path";
import type { Queue } from "bullmq";
import { bullmqQueue } from "@hookdict/harvest/bullmq";
import { queueConformance } from "@hookdict/harvest/testing";
import { harvestStatus, verifyHarvest } from "@hookdict/harvest";
import { assert, type Suite } from "../../gate/suite.ts";
import { childrenOf, pause, runCommand, signal, start, until } from "./processes.ts";
import { KILLED_HARVESTS, KILLED_ROWS, KILLS, recordsOf, surviveKills, uninterrupted } from "./kills.ts";
import { executions, fixture, planWithoutBackend } from "./harvests.ts";
import { mutated, MUTATIONS } from "./mutations.ts";
import type { Missing, Server } from "./servers.ts";

const recipe = ["--recipe", fixture("faulty.mjs")];

/** A server of queues as somebody else uses it. */
export interface Others {
  /** Throws away all that the server has. */
  forget(address: string): Promise<void>;
  /** A queue of BullMQ, and what closes its connection. */
  queue(address: string, name: string): { readonly queue: Queue; readonly close: () => Promise<void> };
}

/** What a worker says of jobs that name no item of its harvest, whole. */
const REFUSED =
  /^A job of the queue (is of another harvest|names no item|names item \d+ of \d+)\. Somebody else writes to this queue: give the harvest one of its own\.$/;

/** What holds with every server of queues. */
export function queueTests(
  test: Suite<Record<never, never>>,
  missing: Missing,
  begin: () => Promise<Server>,
  others: Others,
): void {
  const declare = (name: string, body: () => Promise<void>): void =>
    missing === undefined ? test(name, body) : test.skip(`${name} (${missing})`);

  declare("BullMQ does what an engine must", async () => {
    await using server = await begin();
    await using engine = bullmqQueue({ connection: server.address });
    await queueConformance(engine, "a".repeat(64));
  });

  for (let harvest = 0; harvest < KILLED_HARVESTS; harvest++)
    declare(
      `${KILLS} kills of child, supervisor, server or all lose nothing and change no shard (${harvest})`,
      async () => {
        await using server = await begin();
        await using made = await planWithoutBackend({ rows: KILLED_ROWS });
        const want = await uninterrupted(made);
        const queue = ["--queue", server.address];
        const before = async (): Promise<void> => {
          const { code, output } = await runCommand(["enqueue", made.acts, ...queue]);
          assert.is(code, 0, output);
        };
        const setting = { command: ["work", ...queue, "--lease", "2", "--attempts", "100"], server, before };
        assert.equal(await surviveKills(made, setting, harvest + 1), want);
      },
    );

  declare(
    "items that throw or kill their process are dead, one that blocks is computed once, the rest is done",
    async () => {
      await using server = await begin();
      await using made = await planWithoutBackend({ rows: 24 });
      const log = join(made.path, "executions");
      const env = {
        HARVEST_FAULT: "throw:4,kill:8,block:12",
        HARVEST_BLOCK_MS: "3000",
        HARVEST_EXECUTIONS: log,
      };
      const options = [...recipe, "--queue", server.address, "--attempts", "2", "--lease", "1"];
      await runCommand(["enqueue", made.acts, "--queue", server.address, "--attempts", "2"]);
      const workers = [1, 2].map(() => runCommand(["work", made.acts, ...options], env));
      const [a, b] = await Promise.all(workers);
      assert.equal([a?.code, b?.code], [1, 1], `${a?.output}${b?.output}`);
      assert.match(a?.output ?? "", /4 of 6 items committed, 0 pending, 2 dead/);
      const status = await runCommand(["status", made.acts, "--queue", server.address]);
      assert.match(status.output, /queue: 0 waiting, 0 active, 2 dead/);
      assert.match(status.output, /dead: item 1 after 2 attempts: Item 1: row 4 is broken/);
      assert.match(
        status.output,
        /dead: item 2 after 2 attempts: Item 2: its process ended \(killed by SIGKILL\)/,
      );
      const counted = executions(log);
      assert.equal(
        [4, 8, 12].map((row) => counted.get(row)),
        [2, 2, 1],
      ); // three leases long, and computed once
      assert.match(
        (await runCommand(["retry", made.acts, "--queue", server.address])).output,
        /2 items are pending again/,
      );
      const again = await runCommand(["work", made.acts, ...options]);
      assert.is(again.code, 0, again.output);
      assert.equal(await verifyHarvest(made.plan), []);
    },
  );

  declare(
    "jobs that somebody else put into the queue are refused, and keep nobody from the end",
    async () => {
      await using server = await begin();
      await using made = await planWithoutBackend({ rows: 24 });
      const { id } = made.plan;
      const options = ["--queue", server.address, "--attempts", "2"];
      await runCommand(["enqueue", made.acts, ...options]);
      const { queue, close } = others.queue(server.address, `hookdict-harvest-${id.slice(0, 16)}`);
      try {
        const job = JSON.stringify({ harvest: id, item: 3 }, null, 1);
        const jobs = Array.from({ length: MUTATIONS }, (_, seed) => mutated(job, seed)).flatMap((text) => {
          if (text.includes("\\u0000")) return []; // PostgreSQL stores none
          try {
            return [{ name: "item", data: JSON.parse(text) as unknown, opts: { priority: 0, lifo: true } }];
          } catch {
            return []; // no client sends that
          }
        });
        assert.ok(jobs.length > MUTATIONS / 2);
        await queue.addBulk(jobs);
        const work = ["work", made.acts, ...recipe, ...options, "--lease", "2"];
        const { code, output } = await runCommand(work, { HARVEST_FAULT: "throw:4" });
        assert.is(code, 1, output);
        assert.match(output, /5 of 6 items committed, 0 pending, 1 dead/);
        const failed = (await queue.getFailed()).filter(
          ({ failedReason }) => !failedReason.endsWith("is broken"),
        );
        assert.ok(failed.length > jobs.length / 2);
        for (const { failedReason, data } of failed)
          assert.match(failedReason, REFUSED, JSON.stringify(data));
      } finally {
        await close();
      }
    },
  );

  declare(
    "a worker that is stopped for longer than its lease, and a queue that forgets, cost time alone",
    async () => {
      await using server = await begin();
      await using made = await planWithoutBackend({ rows: 240 });
      await runCommand(["enqueue", made.acts, "--queue", server.address]);
      const env = { HARVEST_FAULT: "slow", HARVEST_BLOCK_MS: "30" };
      const work = ["work", made.acts, ...recipe, "--queue", server.address, "--lease", "1"];
      const [first, second] = [start(work, env), start(work, env)];
      await until(async () => (await recordsOf(made.plan)).size > 2, "some items are committed");
      const stopped = [first.process.pid, ...childrenOf(first.process.pid)];
      for (const pid of stopped) signal(pid, "SIGSTOP");
      await pause(2500);
      for (const pid of stopped) signal(pid, "SIGCONT");
      await others.forget(server.address);
      const codes = (await Promise.all([first.ended, second.ended])).map(({ code, output }) =>
        code === 0 ? 0 : output,
      );
      assert.equal(codes, [0, 0]);
      assert.equal(await verifyHarvest(made.plan), []);
      assert.is((await harvestStatus(made.plan)).committed, 60);
    },
  );
}
