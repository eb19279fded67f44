import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  enqueue,
  harvest,
  memoryStore,
  openPlan,
  openStore,
  planHarvest,
  TokenSet,
  verifyHarvest,
} from "@hookdict/harvest";
import { writeSafetensors } from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { fixture, planned } from "../support/harvests.ts";
import { here, told, changed } from "../support/errors.ts";

const test = suite("errors of plans");

test("harvests that are not there, several, or changed are told", async () => {
  await using made = await planned();
  assert.equal(await told(openPlan(made.tokens), made.path), [
    "HARVEST_NOT_FOUND",
    "FOLDER/tokens: there is no harvest. Make one with planHarvest (hookdict-harvest plan), or give its own folder: the one with plan.json.",
  ]);
  const other = await planHarvest({ recipe: fixture("half.ts"), data: made.tokens, out: made.acts });
  const names = [made.plan.id.slice(0, 16), other.id.slice(0, 16)].sort();
  assert.equal(await told(openPlan(made.acts), made.path), [
    "HARVEST_SEVERAL",
    `FOLDER/acts: holds 2 harvests (${names.join(", ")}). Give the folder of one: FOLDER/acts/${names[0]}.`,
  ]);
  await rename(made.plan.store.name, join(made.path, "0".repeat(16)));
  assert.equal(await told(openPlan(join(made.path, "0".repeat(16))), made.path), [
    "HARVEST_PLAN_CHANGED",
    `FOLDER/0000000000000000/plan.json: has the hash ${made.plan.id.slice(0, 16)}…, and its folder is named for another. Somebody changed the plan: bring the old one back, or plan anew.`,
  ]);
});

test("data sets that are not there, or not the plan's, are told", async () => {
  await using made = await planned();
  assert.equal(
    await told(planHarvest({ recipe: fixture("tiny.ts"), data: made.path, out: made.acts }), made.path),
    [
      "HARVEST_DATA_NOT_FOUND",
      "FOLDER: there is no packed data set. Pack one with packTokens (hookdict-harvest pack), or give its folder: the one with dataset.json.",
    ],
  );
  await using other = await planned({ rows: 11 });
  const [code, message] = await told(harvest({ ...made.plan, data: other.tokens }, here), other.path);
  assert.is(code, "HARVEST_DATA_CHANGED");
  assert.match(
    message,
    /^FOLDER\/tokens: has the hash [0-9a-f]{16}…, and the plan was made with [0-9a-f]{16}…\. Bring back the data set that the plan was made with, or give its place \(--data\)\.$/,
  );
});

test("what does not fit is refused", async () => {
  await using made = await planned();
  const options = {
    recipe: fixture("tiny.ts"),
    data: made.tokens,
    out: changed(openStore(made.acts), { freeBytes: async () => 10 }),
  };
  assert.equal(await told(planHarvest(options), made.path), [
    "HARVEST_TOO_LARGE",
    "FOLDER/acts: the harvest takes 3.36 kB, and 10 B are free. Make room, harvest fewer sites, keep fewer features, or give another folder.",
  ]);
  assert.equal(await told(planHarvest({ ...options, out: made.acts, itemRows: 0 })), [
    "HARVEST_OPTION",
    "The option itemRows of planHarvest is 0. Give a whole number of at least 1.",
  ]);
  assert.equal(await told(planHarvest({ ...options, size: 3 } as never)), [
    "HARVEST_OPTION_UNKNOWN",
    'planHarvest has no option "size". Its options are recipe, data, out, itemRows, batchRows, dryRun.',
  ]);
  assert.equal(await told(harvest(made.plan, { ...here, part: { index: 2, count: 2 } })), [
    "HARVEST_OPTION",
    "The option part of harvest is a record. Give { index, count } with 0 <= index < count.",
  ]);
});

test("what is no plan, no store, no engine and no queue is refused", async () => {
  await using made = await planned();
  const plan = "Give what planHarvest or openPlan gives.";
  for (const [given, got] of [
    [undefined, "undefined"],
    [{ ...made.plan, store: memoryStore }, "a record"],
    [{ ...made.plan, file: null }, "a record"],
  ] as const)
    assert.equal(await told(harvest(given as never, here)), [
      "HARVEST_OPTION",
      `The option plan of harvest is ${got}. ${plan}`,
    ]);
  const [code, message] = await told(verifyHarvest({ ...made.plan, file: { ...made.plan.file, items: -1 } }));
  assert.is(code, "HARVEST_FILE_INVALID");
  assert.match(message, /plan\.json: "items" is -1, not a whole number from 1 to 1000000/);
  assert.equal(await told(enqueue(made.plan, {} as never)), [
    "HARVEST_OPTION",
    "The option engine of enqueue is a record. Give an engine of queues, such as memoryQueue().",
  ]);
  assert.equal(await told(enqueue(made.plan, { open: async () => null } as never)), [
    "HARVEST_OPTION",
    "The option queue of enqueue is null. Give what an engine's open gives.",
  ]);
  assert.equal(await told((async () => openStore({ ...memoryStore("a"), at: 1 } as never))()), [
    "HARVEST_LOCATION",
    'a record is no place of a harvest. Give a folder, an address that begins with "s3://" or "https://", or a store of your own.',
  ]);
  assert.equal(await told(memoryStore("a").write("", [])), [
    "HARVEST_OPTION",
    'The option file of a is "". Give the name of a file.',
  ]);
  await using tokens = await TokenSet.open(made.tokens);
  for (const [from, to, row] of [
    [0, 11, 11],
    [4, 2, 2],
    [-1, 2, -1],
    [0, Number.NaN, "NaN"],
  ] as const)
    assert.equal(await told(tokens.read(from, to)), [
      "HARVEST_ROW_RANGE",
      `There is no row ${row}: rows are 0 to 9. Give row numbers as a list, or { start, end }.`,
    ]);
});

test("more items than there may be are refused", async () => {
  await using made = await planned();
  const rows = 1_000_001;
  const shape = [rows, 2];
  const items = [
    { name: "tokens", dtype: "U16", shape, data: new Uint16Array(2 * rows) },
    { name: "document", dtype: "U32", shape, data: new Uint32Array(2 * rows) },
  ] as const;
  const file = { name: "tokens-00000.safetensors", rows, bytes: 0, sha256: "0".repeat(64) };
  await writeSafetensors(join(made.tokens, file.name), items);
  const described = JSON.parse(await readFile(join(made.tokens, "dataset.json"), "utf8")) as object;
  const dataset = { ...described, rows, context: 2, dtype: "U16", files: [file] };
  await writeFile(join(made.tokens, "dataset.json"), JSON.stringify(dataset));
  const options = { recipe: fixture("tiny.ts"), data: made.tokens, out: made.acts, itemRows: 1 };
  assert.equal(await told(planHarvest(options)), [
    "HARVEST_TOO_MANY_ITEMS",
    "With 1 rows each there would be 1000001 items, and there may be 1000000. Give larger itemRows.",
  ]);
});

test.run();
