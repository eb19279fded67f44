import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  harvest,
  type HarvestPlan,
  type HarvestStore,
  HarvestReader,
  memoryStore,
  openPlan,
  openStore,
  packTokens,
  planHarvest,
  retryDead,
  s3Store,
  sealHarvest,
  verifyHarvest,
} from "@hookdict/harvest";
import { bullmqQueue } from "@hookdict/harvest/bullmq";
import { harvestStoreConformance } from "@hookdict/harvest/testing";
import { hookFunction, site } from "@hookdict/core";
import { writeSafetensors } from "@hookdict/tensordict/io";
import { cast, ones } from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../gate/suite.ts";
import { openTiny } from "./fixtures/model.ts";
import { temporaryFolder } from "./support/folder.ts";
import { fixture, planned, type Planned } from "./support/harvests.ts";

const test = suite("errors of harvest");

const here = { processes: 0 } as const;
const model = fileURLToPath(new URL("../../examples/ioi-patching/model/", import.meta.url));

/** The code and the whole message of what a promise rejects with, paths of a folder told as FOLDER. */
async function told(
  promise: Promise<unknown>,
  folder = "/nowhere",
): Promise<readonly [string | undefined, string]> {
  const error = await rejected(promise);
  return [(error as { code?: string }).code, error.message.replaceAll(folder, "FOLDER")];
}

/** A store that does something else in some ways. */
function changed(store: HarvestStore, other: Partial<HarvestStore>): HarvestStore {
  return { ...store, ...other, at: (folder) => changed(store.at(folder), other) };
}

function withStore(plan: HarvestPlan, other: Partial<HarvestStore>): HarvestPlan {
  return { ...plan, store: changed(plan.store, other) };
}

let recipes = 0;

/** Plans with a recipe of these lines, which may use the small model as `tiny`, and `HARVEST`. */
async function planWith(made: Planned, body: string): Promise<HarvestPlan> {
  Object.assign(globalThis, { HARVEST_TEST: { openTiny, hookFunction, site, cast, ones } });
  const recipe = join(made.path, `recipe-${recipes++}.mjs`);
  await writeFile(
    recipe,
    `const { openTiny, hookFunction, site, cast, ones } = globalThis.HARVEST_TEST;\n${body}\n`,
  );
  return planHarvest({ recipe, data: made.tokens, out: join(made.path, "other") });
}

test("what is no recipe is told", async () => {
  await using made = await planned();
  const hint = "A recipe is `export default defineRecipe({ open, sites })`.";
  for (const [body, problem] of [
    ["", "it has no recipe as its default export"],
    ["export default { open: 1 };", '"open" is no function'],
    ["export default { open: openTiny };", 'it has neither "sites" nor "features"'],
    [
      'export default { open: openTiny, sites: "**", direction: "fwd" };',
      'a recipe has no "direction"; it has open, files, sites, directions, context, loss, inputs, features, dtype',
    ],
    [
      'export default { open: openTiny, sites: "**", directions: [] };',
      '"directions" is no list of directions, such as ["fwd", "bwd"]',
    ],
    [
      'export default { open: openTiny, sites: "**", directions: ["bwd"] };',
      'the direction "bwd" needs "loss", a function of the output',
    ],
    [
      'export default { open: openTiny, sites: "**", loss: () => 0 };',
      'it has a "loss" and no direction that needs one, such as "bwd"',
    ],
    ["export default { open: openTiny, features: [] };", '"features" are no object by site'],
    [
      "export default { open: openTiny, features: { a: { keep: {} } } };",
      'the "keep" of "a" is neither { topK } nor { above }',
    ],
    [
      "export default { open: openTiny, features: { a: { encode: 1 } } };",
      'the "encode" of "a" is no function',
    ],
    [
      'export default { open: openTiny, sites: "**", dtype: "float8" };',
      '"dtype" is none of "float16", "bfloat16", "float32"',
    ],
    ['export default { open: openTiny, sites: "**", files: 3 };', '"files" is no path and no list of paths'],
    [
      'export default { open: openTiny, sites: "**", files: "./none" };',
      'its "files" name "./none", where there is no file',
    ],
  ] as const) {
    const [code, message] = await told(planWith(made, body), made.path);
    assert.equal(
      [code, message.replace(/recipe-\d+/, "recipe")],
      ["RECIPE_INVALID", `FOLDER/recipe.mjs: ${problem}. ${hint}`],
    );
  }
});

test("recipes that are not there, not the plan's, or not run by this Node are told", async () => {
  await using made = await planned();
  const plan = { recipe: join(made.path, "none.ts"), data: made.tokens, out: made.acts };
  assert.equal(await told(planHarvest(plan), made.path), [
    "RECIPE_NOT_FOUND",
    "FOLDER/none.ts: there is no such recipe. Run in the folder that holds it, or give its path (--recipe).",
  ]);
  const [code, message] = await told(harvest({ ...made.plan, recipe: fixture("half.ts") }, here));
  assert.is(code, "RECIPE_CHANGED");
  assert.match(
    message,
    /half\.ts: has the hash [0-9a-f]{16}…, and the plan was made with [0-9a-f]{16}…\. Bring back the recipe that the plan was made with, or plan anew: that is another harvest\.$/,
  );
  const unknown = join(made.path, "recipe.coffee");
  await writeFile(unknown, "");
  assert.equal(await told(planHarvest({ ...plan, recipe: unknown }), made.path), [
    "RECIPE_TYPESCRIPT",
    "FOLDER/recipe.coffee: this Node does not run TypeScript. Use Node 22.18 or newer, or write the recipe as .mjs.",
  ]);
});

test("files of the model that changed are told", async () => {
  await using made = await planned();
  await writeFile(join(made.path, "weights.bin"), "one");
  const plan = await planWith(
    made,
    'export default { open: openTiny, sites: "blocks.0.hook_resid_post", files: "./weights.bin" };',
  );
  await writeFile(join(made.path, "weights.bin"), "two");
  assert.equal(await told(harvest(plan, here)), [
    "HARVEST_MODEL_CHANGED",
    "./weights.bin: is not the file of the plan (3 bytes here, 3 there). Bring back the model that the plan was made with, or plan anew: that is another harvest.",
  ]);
});

test("sites that cannot be harvested are told", async () => {
  await using made = await planned();
  const of = (value: string, more = ""): Promise<readonly [string | undefined, string]> =>
    told(
      planWith(
        made,
        `export default { open: () => hookFunction((x) => site("a", ${value}), { sites: { a: null } }), sites: "a"${more} };`,
      ),
    );
  assert.equal(await of("ones([3, 2])"), [
    "HARVEST_SITE_BATCH",
    "a: has the shape [3, 2] for 8 rows. Only sites whose first axis is the batch can be harvested: leave this one out.",
  ]);
  assert.equal(await of("[ones([8]), ones([8])]"), [
    "HARVEST_SITE_DTYPE",
    "a: gives a tuple or a record, which no shard holds. Only sites of float32, int32 and bool tensors can be harvested: leave this one out.",
  ]);
  assert.equal(await of("x", ", features: { a: { keep: { topK: 1 } } }"), [
    "HARVEST_FEATURES",
    "a: its features have the shape [8, 8], not [8, 8, features]. `encode` gives float32 [rows, context, features].",
  ]);
  const [code, message] = await told(
    planWith(
      made,
      'let n = 1; export default { open: () => hookFunction((x) => site("a", ones([8, n++])), { sites: { a: null } }), sites: "a" };',
    ),
  );
  assert.equal(
    [code, message],
    [
      "HARVEST_SITE_CHANGED",
      "a: gave [8, 2], and [8, 1] when the harvest was planned. A harvest needs a model that does the same for every row.",
    ],
  );
});

test("a direction in which nothing is captured is told", async () => {
  await using made = await planned();
  const body =
    'export default { open: () => hookFunction((x) => { if (0) site("b", x); return ones([8]); }, { sites: { b: null } }), sites: "b" };';
  const [code, message] = await told(planWith(made, body), made.path);
  assert.equal(
    [code, message.replace(/recipe-\d+/, "recipe")],
    [
      "HARVEST_NOTHING",
      'FOLDER/recipe.mjs: in the direction "fwd" no site gave a value. Does the loss depend on the sites? Does the model run them?',
    ],
  );
});

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
    "The option part of harvest is a object. Give { index, count } with 0 <= index < count.",
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

test("stores that do not do what a harvest needs are told", async () => {
  await using made = await planned();
  const both = withStore(made.plan, { createNew: async () => true });
  assert.equal(await told(harvest(both, here), made.plan.store.name), [
    "HARVEST_STORE_NOT_EXCLUSIVE",
    "FOLDER: created one file twice, and told both writers that they were the first. A harvest needs a store that creates a file once: a folder with hard links, or S3 with If-None-Match.",
  ]);
  const { store } = made.plan;
  const createNew = (file: string, bytes: Uint8Array): Promise<boolean> =>
    file.startsWith("commits/") ? Promise.resolve(false) : store.createNew(file, bytes);
  await harvest(withStore(made.plan, { createNew }), { ...here, attempts: 1 });
  const note = await readFile(join(store.name, "dead/000000.json"), "utf8");
  assert.is(
    (JSON.parse(note) as { reason: string }).reason.replaceAll(store.name, "FOLDER"),
    "FOLDER: refused to create commits/000000.json as being there, and it is not. Run again; if it stays so, the store does not do what a harvest needs.",
    "HARVEST_STORE_FORGOT",
  );
  assert.equal(
    await told(harvestStoreConformance(changed(memoryStore("m"), { createNew: async () => true }))),
    [
      "HARVEST_CONFORMANCE",
      "createNew tells several writers, or none, that they were first. The interface's comments say what a harvest needs of it.",
    ],
  );
  await harvestStoreConformance(memoryStore("m"));
  await harvestStoreConformance(openStore(join(made.path, "store")));
  await retryDead(made.plan);
  assert.equal(await told(harvest(withStore(made.plan, { location: undefined })), store.name), [
    "HARVEST_STORE_NOT_SHARED",
    "FOLDER: is in this process alone, and children are to compute. Give processes: 0, or a store that has a location.",
  ]);
});

test("places that are none, that are only read, or that cannot be written are told", async () => {
  assert.is(
    thrown(() => openStore("ftp://host/acts")).message,
    '"ftp://host/acts" is no place of a harvest. Give a folder, an address that begins with "s3://" or "https://", or a store of your own.',
  );
  assert.is((thrown(() => openStore(3 as never)) as { code?: string }).code, "HARVEST_LOCATION");
  assert.equal(await told(openStore("https://localhost/acts").remove("a")), [
    "HARVEST_READ_ONLY",
    "https://localhost/acts: can be read, and neither written nor listed. Give the folder or the s3:// address that it is served from.",
  ]);
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "");
  const [code, message] = await told(
    openStore(join(folder.path, "file")).createNew("a", new Uint8Array()),
    folder.path,
  );
  assert.is(code, "HARVEST_UNWRITABLE");
  assert.match(
    message,
    /^FOLDER\/file\/a: cannot be written \(E(EXIST|NOTDIR).*\)\. Check that you may write there\.$/,
  );
  const credentials = { ...process.env };
  delete process.env["AWS_ACCESS_KEY_ID"];
  assert.equal(await told(s3Store("s3://bucket/acts", { endpoint: "http://127.0.0.1:1" }).names("")), [
    "S3_CREDENTIALS",
    "s3://bucket: there are no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give s3Store a function `credentials`.",
  ]);
  Object.assign(process.env, credentials);
  const given = {
    endpoint: "http://127.0.0.1:1",
    credentials: () => ({ accessKeyId: "a", secretAccessKey: "b" }),
  };
  assert.equal(await told(s3Store("s3://bucket/acts", given).describe("a")), [
    "S3_UNREACHABLE",
    "HEAD s3://bucket/acts/a: there is no answer. Check the network and the endpoint (S3_ENDPOINT or AWS_ENDPOINT_URL).",
  ]);
});

test("a worker on another backend is refused where one backend is asked for", async () => {
  await using made = await planned();
  await writeFile(join(made.plan.store.name, "backend.json"), '{"backend":"abacus"}');
  const [code, message] = await told(harvest(made.plan, { ...here, oneBackend: true }));
  assert.is(code, "HARVEST_BACKEND_DIFFERS");
  assert.match(
    message,
    /^This process computes on "\w+", and the harvest began on "abacus"\. Backends round differently\. Load the same one, or leave oneBackend \(--one-backend\) off\.$/,
  );
});

test("a harvest that is stopped says so, and one that is not complete is not sealed", async () => {
  await using made = await planned();
  const signal = AbortSignal.abort();
  assert.equal(await told(harvest(made.plan, { ...here, signal })), [
    "HARVEST_STOPPED",
    "The harvest was stopped. What is committed stays: run again to go on.",
  ]);
  assert.equal(await told(sealHarvest(made.plan), made.plan.store.name), [
    "HARVEST_INCOMPLETE",
    "FOLDER: 3 of 3 items are neither committed nor given up. Run it to its end first.",
  ]);
  await harvest(made.plan, here);
  await sealHarvest(made.plan);
  await rm(join(made.plan.store.name, "commits/000002.json"));
  const [fault] = await verifyHarvest(made.plan);
  assert.is(
    fault?.problem.replaceAll(made.plan.store.name, "FOLDER"),
    "FOLDER/manifest.json: does not list what is committed now. Seal the harvest again.",
    "HARVEST_MANIFEST_OLD",
  );
});

test("what reading refuses has its code", async () => {
  await using made = await planned();
  await using reader = await HarvestReader.open(made.acts);
  const codes = [
    await told(reader.read([-1])),
    await told(reader.read([0])),
    await told(reader.readSparse("blocks.0", [0])),
    await told(reader.batches(3, { from: "{}" })[Symbol.asyncIterator]().next()),
  ].map(([code]) => code);
  assert.equal(codes, [
    "HARVEST_ROW_RANGE",
    "HARVEST_ROWS_MISSING",
    "HARVEST_TENSOR_UNKNOWN",
    "HARVEST_CURSOR",
  ]);
  await using many = await planned({ recipe: "many.ts" });
  await using other = await HarvestReader.open(many.acts);
  assert.is(
    (thrown(() => other.batches(3, { unit: "position" })) as { code?: string }).code,
    "HARVEST_NOT_POSITIONAL",
  );
  await other.close();
  assert.is((await told(other.read([0])))[0], "HARVEST_READER_CLOSED");
});

test("sources that cannot be packed are told", async () => {
  await using folder = await temporaryFolder();
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder.path, name), text);
    return join(folder.path, name);
  };
  const out = join(folder.path, "out");
  const pack = (options: object) =>
    told(packTokens({ out, context: 4, bos: 0, eos: 9, ...options } as never), folder.path);
  const jsonl = await write("a.jsonl", '{"text": "Mary"}\n{"tokens": [1.5]}\n');
  assert.equal(await pack({ sources: folder.path + "/none" }), [
    "PACK_SOURCE",
    "FOLDER/none: is no source of documents. Give files that end in .jsonl, .txt or .parquet, or folders with such files.",
  ]);
  assert.equal(await pack({ sources: jsonl }), [
    "PACK_TOKENIZER",
    'FOLDER/a.jsonl:1: there is no tokenizer.json. Give the folder of a tokenizer, or column: "tokens" for documents that are lists of tokens.',
  ]);
  const mend = "Mend or remove it; `column` (--column) names what is read.";
  await rm(out, { recursive: true });
  assert.equal(await pack({ sources: jsonl, column: "tokens" }), [
    "PACK_DOCUMENT",
    `FOLDER/a.jsonl:1: has no text and no tokens in the column "tokens". ${mend}`,
  ]);
  await rm(out, { recursive: true });
  assert.equal(await pack({ sources: await write("b.jsonl", '{"tokens": [1, 1.5]}'), column: "tokens" }), [
    "PACK_DOCUMENT",
    `FOLDER/b.jsonl:1: has 1.5 as token 1 in the column "tokens". ${mend}`,
  ]);
  await rm(out, { recursive: true });
  assert.equal(await pack({ sources: await write("c.jsonl", '{"tokens": [1]}'), column: "tokens" }), [
    "PACK_NOTHING",
    "1 documents of 1 tokens make no row of 4. Give more text, a smaller context, or the policy document.",
  ]);
  assert.equal(await pack({ sources: join(folder.path, "c.jsonl"), column: "tokens", context: 5 }), [
    "PACK_OTHER",
    "FOLDER/out: holds a data set of other context. Give an empty folder.",
  ]);
  const bare = join(folder.path, "bare");
  await mkdir(bare);
  const json = await readFile(join(model, "tokenizer.json"), "utf8");
  await writeFile(join(bare, "tokenizer.json"), json);
  const [code, message] = await told(
    packTokens({ sources: jsonl, tokenizer: bare, out: join(folder.path, "o"), context: 4 }),
  );
  assert.equal(
    [code, message],
    [
      "PACK_TOKEN",
      "The tokenizer has no end-of-sequence token. Give its id as the option eos (--eos), or null (--no-eos) for none.",
    ],
  );
});

test("an address that is none of a queue is told", () => {
  assert.is(
    thrown(() => bullmqQueue({ connection: "amqp://host" })).message,
    'The option connection of bullmqQueue is "amqp://host". Give an address that begins with redis:// or postgres://.',
  );
});

test.run();
