import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { harvest, type HarvestPlan, harvestStatus, verifyHarvest } from "@hookdict/harvest";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { recordsOf } from "../support/kills.ts";
import { executions, fixture, planWithoutBackend } from "../support/harvests.ts";
import { build, childrenOf, runCommand, signal, start, until } from "../support/processes.ts";

const test = suite("harvest in processes");

test.before(build);

const recipe = ["--recipe", fixture("faulty.mjs")];

/** What is noted of an item that was given up. */
async function note(
  plan: HarvestPlan,
  item: number,
): Promise<{ readonly attempts: number; readonly reason: string }> {
  const file = join(plan.store.name, `dead/00000${item}.json`);
  return JSON.parse(await readFile(file, "utf8")) as { attempts: number; reason: string };
}

test("items that throw, kill their process or hang are dead with their reason, and the others are done", async () => {
  await using made = await planWithoutBackend({ rows: 20 });
  const env = { HARVEST_FAULT: "throw:4,kill:8,hang:12" };
  const options = ["--processes", "2", "--attempts", "2", "--item-timeout", "2"];
  const { code, output } = await runCommand(["run", made.acts, ...recipe, ...options], env);
  assert.is(code, 1, output);
  assert.match(output, /2 of 5 items committed, 0 pending, 3 dead/);
  const notes = await Promise.all([1, 2, 3].map((item) => note(made.plan, item)));
  assert.equal(
    notes.map(({ attempts }) => attempts),
    [2, 2, 2],
  );
  const [failed, ended, timeout] = notes.map(({ reason }) => reason);
  const told = [
    ["ITEM_FAILED", failed],
    ["ITEM_ENDED", ended],
    ["ITEM_TIMEOUT", timeout],
  ];
  assert.equal(told, [
    ["ITEM_FAILED", "Item 1: row 4 is broken"],
    [
      "ITEM_ENDED",
      "Item 2: its process ended (killed by SIGKILL). Out of memory? A crash of native code? Try the item alone, with processes: 0.",
    ],
    [
      "ITEM_TIMEOUT",
      "Item 3: was not done after 2 s, and its process was ended. Give a longer itemTimeout, or fewer itemRows.",
    ],
  ]);
  const shown = await runCommand(["status", made.acts]);
  assert.match(shown.output, /dead: item 1 after 2 attempts: Item 1: row 4 is broken/);
  assert.match((await runCommand(["retry", made.acts])).output, /3 items are pending again/);
  assert.is((await runCommand(["run", made.acts, ...recipe])).code, 0);
  assert.match((await runCommand(["seal", made.acts])).output, /sealed: 5 items, 20 rows/);
  assert.is((await runCommand(["verify", made.acts])).output, "nothing is wrong\n");
  assert.match((await runCommand(["gc", made.acts])).output, /^removed 0 files, 0 B/);
});

test("children end with a supervisor that is killed, and what it leaves is whole", async () => {
  await using made = await planWithoutBackend({ rows: 400 });
  const env = { HARVEST_FAULT: "slow", HARVEST_BLOCK_MS: "20" };
  const running = start(["run", made.acts, ...recipe, "--processes", "2"], env);
  await until(async () => (await recordsOf(made.plan)).size > 3, "some items are committed");
  const children = childrenOf(running.process.pid);
  assert.is(children.length, 2);
  signal(running.process.pid, "SIGKILL");
  await running.ended;
  const alive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0) && !readZombie(pid);
    } catch {
      return false;
    }
  };
  await until(() => !children.some(alive), "its children have ended", 5000);
  assert.equal(await verifyHarvest(made.plan), []);
});

test("a stopped harvest goes on: Ctrl-C ends it at once, and what is committed stays", async () => {
  await using made = await planWithoutBackend({ rows: 200 });
  const env = { HARVEST_FAULT: "slow", HARVEST_BLOCK_MS: "20" };
  const running = start(["run", made.acts, ...recipe, "--processes", "2"], env);
  await until(async () => (await recordsOf(made.plan)).size > 3, "some items are committed");
  signal(running.process.pid, "SIGINT");
  const { code, output } = await running.ended;
  assert.is(code, 1);
  assert.match(output, /The harvest was stopped\. What is committed stays: run again to go on\./);
  const before = await recordsOf(made.plan);
  assert.ok(before.size > 3 && before.size < 50);
  assert.is((await runCommand(["run", made.acts, ...recipe])).code, 0);
  const after = await recordsOf(made.plan);
  for (const [name, text] of before) assert.is(after.get(name), text);
});

test("two harvests on one store at once waste work and lose none", async () => {
  await using made = await planWithoutBackend({ rows: 240 });
  const log = join(made.path, "executions");
  const run = () =>
    runCommand(["run", made.acts, ...recipe, "--processes", "1"], { HARVEST_EXECUTIONS: log });
  const codes = (await Promise.all([run(), run()])).map(({ code }) => code);
  assert.equal(codes, [0, 0]);
  assert.equal(await verifyHarvest(made.plan), []);
  assert.is((await harvestStatus(made.plan)).committed, 60);
  const counted = [...executions(log).values()];
  assert.is(counted.length, 120); // two batches of each item
  assert.ok(Math.max(...counted) <= 2); // by each of the two at most once
  await run();
  assert.equal([...executions(log).values()], counted); // what is committed is not computed again
});

test("a worker that was told of another plan, or has another recipe, computes nothing", async () => {
  await using made = await planWithoutBackend();
  const { code, output } = await runCommand(["run", made.acts, "--recipe", fixture("tiny.ts")]);
  assert.is(code, 1);
  assert.match(output, /tiny\.ts: has the hash [0-9a-f]{16}…, and the plan was made with/);
  const other = { ...made.plan, id: "0".repeat(64) };
  const error = await rejected(harvest(other, { processes: 1 }));
  assert.is((error as { code?: string }).code, "HARVEST_PLAN_DIFFERS");
  assert.is(
    error.message,
    `${made.plan.store.name}: holds the harvest ${made.plan.id.slice(0, 16)}, and 0000000000000000 was to be computed. Give the folder of the harvest itself.`,
  );
  assert.is((await recordsOf(made.plan)).size, 0);
});

/** Makes `disk` a file system of 256 kB; whether that may be done. */
function makeSmall(disk: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]).status === 0;
}

/** Whether small disks can be made here: only root may. */
function hasSmallDisks(): boolean {
  const disk = mkdtempSync(join(tmpdir(), "hookdict-full-"));
  const is = makeSmall(disk);
  if (is) spawnSync("umount", [disk]);
  rmdirSync(disk);
  return is;
}

const FULL = "a full disk fails items with its reason, and after room was made the harvest goes on";
if (!hasSmallDisks()) test.skip(`${FULL} (a small file system cannot be mounted here)`);
else
  test(FULL, async () => {
    const disk = await mkdtemp(join(tmpdir(), "hookdict-full-"));
    makeSmall(disk);
    try {
      await using made = await planWithoutBackend({ rows: 400 });
      spawnSync("cp", ["-r", made.plan.store.name, disk]);
      const acts = join(disk, made.plan.id.slice(0, 16));
      const data = ["--data", made.tokens];
      const { code, output } = await runCommand(["run", acts, ...recipe, ...data, "--attempts", "1"]);
      assert.is(code, 1, output);
      assert.match(output, /ENOSPC/);
      spawnSync("mount", ["-o", "remount,size=64m", disk]);
      await runCommand(["retry", acts]);
      assert.is((await runCommand(["run", acts, ...recipe, ...data])).code, 0);
      assert.is((await runCommand(["verify", acts])).output, "nothing is wrong\n");
    } finally {
      spawnSync("umount", [disk]);
      await rm(disk, { recursive: true, force: true });
    }
  });

test("a command line that cannot be understood is told with its usage", async () => {
  const shared = "[--attempts N] [--item-timeout SECONDS] [--one-backend] [--recipe FILE] [--data TOKENS]";
  const run = `Usage: hookdict-harvest run ACTS [--processes N] [--part I/N] ${shared}\n`;
  // What COMMAND_LINE says, whole; the command ends with 2.
  const cases = [
    [["run"], `one ACTS is needed. ${run}`],
    [
      ["pack", "a.txt"],
      "FILES, --context and --out are needed. Usage: hookdict-harvest pack FILES... --tokenizer DIR --context N " +
        "--out TOKENS [--policy concat|document] [--column NAME] [--lines] [--shuffle-documents SEED]\n",
    ],
    [
      ["plan"],
      "RECIPE, --data and --out are needed. Usage: hookdict-harvest plan RECIPE --data TOKENS --out ACTS " +
        "[--item-rows N] [--batch-rows N] [--dry-run]\n",
    ],
    [
      ["work", "acts"],
      "--queue is needed. Usage: hookdict-harvest work ACTS --queue ADDRESS [--processes N] [--lease SECONDS] " +
        `${shared}\n`,
    ],
  ] as const;
  await Promise.all(
    cases.map(async ([args, expected]) => {
      const { code, output } = await runCommand(args);
      assert.is(code, 2, output);
      assert.is(output, expected, "COMMAND_LINE");
    }),
  );
  const unknown = await runCommand(["run", "acts", "--size"]);
  assert.is(unknown.code, 2);
  assert.match(unknown.output, /^Unknown option '--size'\./); // the words that follow are Node's
  assert.ok(unknown.output.endsWith(run), unknown.output);
  const { code, output } = await runCommand(["sing"]);
  assert.is(code, 2);
  assert.ok(output.startsWith('There is no command "sing".\n\n  hookdict-harvest pack '), output);
  await using made = await planWithoutBackend();
  const wrong = async (...args: string[]): Promise<string> => (await runCommand(args)).output;
  assert.match(
    await wrong("run", made.acts, "--part", "4/4"),
    /^--part is "4\/4", and no part of the items\. Usage: .*--part 0\/4/,
  );
  assert.is(
    await wrong("status", made.acts, "--queue", "amqp://host"),
    '"amqp://host" is no address of a queue. Give redis://host:port, rediss://..., or postgres://user@host:port/database.\n',
    "QUEUE_ADDRESS",
  );
});

/** Whether a process has ended and nobody has asked how. */
function readZombie(pid: number): boolean {
  return spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.startsWith("Z");
}

test.run();
