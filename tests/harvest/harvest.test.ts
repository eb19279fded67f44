import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  collectGarbage,
  harvest,
  HarvestReader,
  harvestStatus,
  openPlan,
  planHarvest,
  retryDead,
  sealHarvest,
  verifyHarvest,
} from "@hookdict/harvest";
import { ActivationCaching } from "@hookdict/latent";
import { tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../gate/suite.ts";
import { openTiny } from "./fixtures/model.ts";
import { CONTEXT, fixture, planned } from "./support/harvests.ts";

const test = suite("harvest");

const here = { processes: 0 } as const;

test("every row of every site is what the model gives, rounded to float16", async () => {
  await using made = await planned();
  const status = await harvest(made.plan, here);
  assert.equal([status.items, status.committed, status.pending, status.tokens], [3, 3, 0, 10 * CONTEXT]);
  await using reader = await HarvestReader.open(made.acts);
  using rows = await reader.read({ start: 0, end: 10 });
  using model = await openTiny();
  using hooked = new ActivationCaching("blocks.*.hook_resid_post").prepare(model);
  const tokens = tensor2d(rows.get("tokens").dataSync() as Int32Array, [10, CONTEXT], "int32");
  hooked.call(tokens).dispose();
  tokens.dispose();
  for (const layer of [0, 1]) {
    const key = ["fwd", `blocks.${layer}.hook_resid_post`] as const;
    const want = hooked.cache.get<Tensor>(key).dataSync();
    const got = rows.get(key as never) as Tensor;
    assert.equal(got.shape, [10, CONTEXT, 8]);
    // Half a unit in the last place of float16, and what other batches round differently.
    got
      .dataSync()
      .forEach((value, i) =>
        assert.ok(Math.abs(value - (want[i] ?? NaN)) <= 2 ** -11 * Math.abs(value) + 1e-6),
      );
  }
});

test("a harvest that is run again computes nothing, and its files stay what they are", async () => {
  await using made = await planned();
  await harvest(made.plan, here);
  const before = await snapshot(made.plan.store.name);
  await harvest(await openPlan(made.acts, { recipe: fixture("tiny.ts") }), here);
  assert.equal(await snapshot(made.plan.store.name), before);
});

test("the same recipe and data give the same shards", async () => {
  await using a = await planned();
  await using b = await planned();
  await harvest(a.plan, here);
  await harvest(b.plan, here);
  assert.is(a.plan.id, b.plan.id);
  const shards = (made: typeof a): Promise<string[]> => readdir(join(made.plan.store.name, "shards"));
  assert.equal((await shards(a)).sort(), (await shards(b)).sort());
});

test("parts share the items", async () => {
  await using made = await planned();
  await harvest(made.plan, { ...here, part: { index: 1, count: 2 } });
  assert.equal(await readdir(join(made.plan.store.name, "commits")), ["000001.json"]);
  const { pending } = await harvest(made.plan, { ...here, part: { index: 0, count: 2 } });
  assert.is(pending, 0);
});

test("gradients, features and interventions are harvested together", async () => {
  await using made = await planned({ recipe: "many.ts" });
  await harvest(made.plan, here);
  assert.equal(await verifyHarvest(made.plan), []);
  await using reader = await HarvestReader.open(made.acts);
  assert.equal(reader.sites, ["blocks.0.attn.hook_pattern", "blocks.1.hook_resid_post"]);
  using rows = await reader.read([9, 0]);
  const shape = (key: readonly string[]): readonly number[] => (rows.get(key as never) as Tensor).shape;
  assert.equal(shape(["fwd", "blocks.0.attn.hook_pattern"]), [2, 2, CONTEXT, CONTEXT]);
  assert.equal(shape(["bwd_pre", "blocks.1.hook_resid_post"]), [2, CONTEXT, 8]);
  const few = await reader.readSparse("blocks.0.mlp.hook_pre", [9, 0]);
  assert.equal(few.shape, [2 * CONTEXT, 32]);
  for (let i = 0; i < 2 * CONTEXT; i++) assert.ok((few.offsets[i + 1] ?? 0) - (few.offsets[i] ?? 0) <= 3);
  const large = await reader.readSparse("blocks.1.mlp.hook_pre", { start: 0, end: 10 });
  assert.ok(large.values.every((value) => value > 0.0099)); // float16 of what is above 0.01
});

test("a shard has about 128 MiB, of dense values and of as many features as a batch had", async () => {
  for (const [recipe, want] of [
    ["wide.mjs", 62],
    ["full.mjs", 1022],
  ] as const) {
    await using made = await planned({ recipe, rows: 1100, itemRows: "as planned" });
    const { itemRows } = made.plan.file;
    assert.is(itemRows, want, recipe);
    const bytes = (made.plan.estimate?.shardBytes ?? 0) / 2 ** 20;
    assert.ok(bytes > 64 && bytes < 256, `${recipe}: ${bytes} MiB`);
  }
});

test("features that are many are all kept, at their places", async () => {
  await using made = await planned({ recipe: "full.mjs" });
  await harvest(made.plan, here);
  await using reader = await HarvestReader.open(made.acts);
  const { offsets, indices, values } = await reader.readSparse("full", [9]);
  assert.equal(
    [...offsets],
    Array.from({ length: CONTEXT + 1 }, (_, i) => 4096 * i),
  );
  assert.equal(
    [...indices.subarray(4096, 8192)],
    Array.from({ length: 4096 }, (_, i) => i),
  );
  // What `full.mjs` makes of position 1 of row 9.
  assert.equal(
    [...values.subarray(4096, 4099)],
    [1, 2, 3].map((i) => i + 0.5),
  );
});

test("bfloat16 is stored as such", async () => {
  await using made = await planned({ recipe: "half.ts" });
  assert.is(made.plan.file.tensors[0]?.dtype, "BF16");
  await harvest(made.plan, here);
  assert.equal(await verifyHarvest(made.plan), []);
});

test("a value that float16 cannot hold is told when the harvest is planned", async () => {
  const error = await rejected(planned({ recipe: "large.ts" }));
  assert.match(
    error.message,
    /^blocks\.0\.hook_resid_post: the value 7\d{4}(\.\d+)? is beyond 65504, the largest of float16\. Plan with dtype: "bfloat16" or "float32" in the recipe\.$/,
  );
  assert.is((error as { code?: string }).code, "HARVEST_VALUE_RANGE");
});

test("a dry run writes nothing", async () => {
  await using made = await planned();
  const out = join(made.path, "dry");
  const plan = await planHarvest({ recipe: fixture("tiny.ts"), data: made.tokens, out, dryRun: true });
  assert.equal([plan.estimate?.rows, plan.estimate?.tokens], [10, 80]);
  assert.not.ok((await readdir(made.path)).includes("dry"));
});

test("a changed byte of a shard is found, with its item and file", async () => {
  await using made = await planned();
  await harvest(made.plan, here);
  const shards = join(made.plan.store.name, "shards");
  const record = JSON.parse(await readFile(join(made.plan.store.name, "commits/000001.json"), "utf8")) as {
    shard: string;
  };
  const file = join(shards, `${record.shard}.safetensors`);
  const bytes = await readFile(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(file, bytes);
  const [fault, ...others] = await verifyHarvest(made.plan);
  assert.equal([fault?.item, fault?.file, others.length], [1, `shards/${record.shard}.safetensors`, 0]);
  assert.match(fault?.problem ?? "", /^has the hash [0-9a-f]{64}$/);
  assert.equal(await verifyHarvest(made.plan, { quick: true }), []);
  await appendFile(file, "x");
  assert.match(
    (await verifyHarvest(made.plan, { quick: true }))[0]?.problem ?? "",
    /^has \d+ bytes, not \d+$/,
  );
  // Without its record the item is computed again, and the shard of that name written anew.
  bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 3, bytes.length - 1);
  await writeFile(file, bytes);
  await rm(join(made.plan.store.name, "commits/000001.json"));
  await harvest(made.plan, here);
  assert.equal(await verifyHarvest(made.plan), []);
});

test("an item that always fails is dead with its reason, the others are done, and retry brings it back", async () => {
  await using made = await planned({ recipe: "faulty.mjs" });
  process.env["HARVEST_FAULT"] = "throw:4";
  try {
    const status = await harvest(made.plan, { ...here, attempts: 2 });
    assert.equal([status.committed, status.dead], [2, 1]);
    const note = JSON.parse(await readFile(join(made.plan.store.name, "dead/000001.json"), "utf8")) as object;
    assert.equal(
      [(note as { attempts: number }).attempts, (note as { reason: string }).reason],
      [2, "row 4 is broken"],
    );
    const manifest = await sealHarvest(made.plan);
    assert.equal([manifest.records.length, manifest.dead.length], [2, 1]);
  } finally {
    delete process.env["HARVEST_FAULT"];
  }
  assert.is(await retryDead(made.plan), 1);
  assert.equal((await harvest(made.plan, here)).dead, 0);
  assert.match((await verifyHarvest(made.plan))[0]?.problem ?? "", /Seal the harvest again/);
  await sealHarvest(made.plan);
  assert.equal(await verifyHarvest(made.plan), []);
});

test("gc removes what no record names, once it is old", async () => {
  await using made = await planned();
  await harvest(made.plan, here);
  const shards = join(made.plan.store.name, "shards");
  await writeFile(join(shards, `${"0".repeat(64)}.safetensors`), "second");
  await writeFile(join(shards, ".killed.tmp"), "half");
  assert.is((await collectGarbage(made.plan)).files, 0);
  assert.equal(await collectGarbage(made.plan, { hours: 0 }), { files: 2, bytes: 6 });
  assert.equal(await verifyHarvest(made.plan), []);
  assert.equal((await harvestStatus(made.plan)).committed, 3);
});

/** Every file with its bytes. */
async function snapshot(folder: string): Promise<Readonly<Record<string, string>>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(
    await Promise.all(
      paths.sort().map(async (path) => [path, (await readFile(path)).toString("base64")] as const),
    ),
  );
}

test.run();
