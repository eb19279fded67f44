import { enqueue, memoryQueue, type QueueEngine, verifyHarvest, work } from "@hookdict/harvest";
import { queueConformance } from "@hookdict/harvest/testing";
import { assert, rejected, suite } from "../gate/suite.ts";
import { planned } from "./support/harvests.ts";

const test = suite("enqueue and work");

const here = { processes: 0 } as const;

test("an engine in memory does what an engine must", async () => {
  await using engine = memoryQueue();
  await queueConformance(engine, "a".repeat(64));
});

test("work computes what enqueue put there, and is finished when the harvest is complete", async () => {
  await using made = await planned();
  await using engine = memoryQueue();
  assert.is(await enqueue(made.plan, engine), 3);
  await using worker = await work(made.plan, engine, here);
  const { committed, pending } = await worker.finished;
  assert.equal([committed, pending], [3, 0]);
  assert.equal(await verifyHarvest(made.plan), []);
  assert.is(await enqueue(made.plan, engine), 0);
});

test("a queue that has nothing is given what is pending", async () => {
  await using made = await planned();
  await using engine = memoryQueue();
  await using worker = await work(made.plan, engine, here);
  assert.is((await worker.finished).committed, 3);
});

test("an item that fails is dead in the store, with its reason, after all tries", async () => {
  await using made = await planned({ recipe: "faulty.mjs" });
  await using engine = memoryQueue();
  process.env["HARVEST_FAULT"] = "throw:4";
  try {
    await enqueue(made.plan, engine);
    await using worker = await work(made.plan, engine, { ...here, attempts: 2 });
    const { committed, dead } = await worker.finished;
    assert.equal([committed, dead], [2, 1]);
  } finally {
    delete process.env["HARVEST_FAULT"];
  }
});

test("a worker that is disposed says so", async () => {
  await using made = await planned();
  await using engine = memoryQueue();
  const worker = await work(made.plan, engine, { ...here, signal: AbortSignal.abort() });
  assert.is(
    (await rejected(worker.finished)).message,
    "The harvest was stopped. What is committed stays: run again to go on.",
  );
  await worker[Symbol.asyncDispose]();
});

test("a job that names no item of the harvest is refused", async () => {
  await using made = await planned();
  const reasons: unknown[] = [];
  const engine: QueueEngine = {
    async open() {
      await using inner = memoryQueue();
      const queue = await inner.open("x");
      return {
        ...queue,
        work(run, options) {
          const tried = run(99, new AbortController().signal).catch((error: unknown) => reasons.push(error));
          const lanes = queue.work(run, options);
          return {
            async [Symbol.asyncDispose]() {
              await tried;
              await lanes[Symbol.asyncDispose]();
            },
          };
        },
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  await using worker = await work(made.plan, engine, here);
  await worker.finished;
  const [error] = reasons as { code: string; message: string }[];
  assert.equal(
    [error?.code, error?.message],
    [
      "QUEUE_JOB",
      "A job of the queue names item 99 of 3. Somebody else writes to this queue: give the harvest one of its own.",
    ],
  );
});

test.run();
