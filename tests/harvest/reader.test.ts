import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BatchOptions, harvest, HarvestReader } from "@hookdict/harvest";
import { LogisticRegression } from "@hookdict/latent";
import type { TensorDict } from "@hookdict/tensordict";
import { concat, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../gate/suite.ts";
import { SPECIAL } from "./fixtures/special.ts";
import { CONTEXT, planned, type Planned } from "./support/harvests.ts";

const test = suite("HarvestReader");

async function harvested(wanted: Parameters<typeof planned>[0] = {}): Promise<Planned> {
  const made = await planned(wanted);
  await harvest(made.plan, { processes: 0 });
  return made;
}

/** Positions as `row * CONTEXT + position`, batch after batch, and the cursor after each. */
async function placesOf(
  reader: HarvestReader,
  size: number,
  options: BatchOptions,
): Promise<{ readonly places: number[][]; readonly cursors: string[] }> {
  const batches = reader.batches(size, options);
  const [places, cursors]: [number[][], string[]] = [[], []];
  for await (const batch of batches) {
    const [document, position] = ["document", "position"].map((key) => batch.get<Tensor>(key).dataSync());
    places.push(Array.from(document ?? [], (row, i) => row * CONTEXT + (position?.[i] ?? NaN)));
    cursors.push(batches.cursor ?? "");
    batch.dispose();
  }
  return { places, cursors };
}

test("rows come in the order in which they are asked for, from any shard", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  using all = await reader.read({ start: 0, end: 10 });
  using some = await reader.read([9, 2, 3, 3], { sites: "blocks.1.*" });
  assert.equal([...some.get<TensorDict>("fwd").keys()], ["blocks.1.hook_resid_post"]);
  const key = ["fwd", "blocks.1.hook_resid_post"] as const;
  const [whole, part] = [all, some].map((td) => td.get<Tensor>(key).dataSync());
  const size = CONTEXT * 8;
  [9, 2, 3, 3].forEach((row, i) =>
    assert.equal(part?.slice(i * size, (i + 1) * size), whole?.slice(row * size, (row + 1) * size)),
  );
});

test("batches in order hold every row once, also where shards end within them", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  const { places } = await placesOf(reader, 3, {});
  assert.equal(
    places.map((batch) => batch.length / CONTEXT),
    [3, 3, 3, 1],
  );
  assert.equal(
    places.flat(),
    Array.from({ length: 80 }, (_, i) => i),
  );
});

test("shuffled positions are all there once, in an order that the seed determines", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  const drawn = (seed: number) =>
    placesOf(reader, 16, { unit: "position", shuffle: { seed, block: 4, buffer: 24 } });
  const [a, again, b] = [await drawn(1), await drawn(1), await drawn(2)];
  assert.equal(a.places, again.places);
  assert.not.equal(a.places, b.places);
  assert.equal(
    a.places.flat().sort((x, y) => x - y),
    Array.from({ length: 80 }, (_, i) => i),
  );
});

test("a cursor goes on exactly after its batch", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  for (const shuffle of [undefined, { seed: 3, block: 4, buffer: 24 }]) {
    const options = { unit: "position", drop: ["bos"], ...(shuffle && { shuffle }) } as const;
    const whole = await placesOf(reader, 7, options);
    for (const [i, from] of whole.cursors.entries()) {
      const rest = await placesOf(reader, 7, { ...options, from });
      assert.equal(rest.places, whole.places.slice(i + 1));
    }
  }
});

test("batches that are kept stay what they are while others are filled", async () => {
  for (const recipe of ["tiny.ts", "half.ts"]) {
    await using made = await harvested({ recipe });
    await using reader = await HarvestReader.open(made.acts);
    using all = await reader.read({ start: 0, end: 10 });
    const site = "blocks.0.hook_resid_post";
    const want = all.get<Tensor>(["fwd", site]).dataSync();
    for (const shuffle of [undefined, { seed: 3, block: 4, buffer: 24 }]) {
      const kept: TensorDict[] = [];
      for await (const batch of reader.batches(7, { unit: "position", ...(shuffle && { shuffle }) }))
        kept.push(batch);
      for (const batch of kept) {
        const [document, position] = ["document", "position"].map((key) => batch.get<Tensor>(key).dataSync());
        const values = batch.get<Tensor>(["fwd", site]).dataSync();
        document?.forEach((row, i) => {
          const at = (row * CONTEXT + (position?.[i] ?? NaN)) * 8;
          assert.equal(values.slice(i * 8, (i + 1) * 8), want.slice(at, at + 8));
        });
        batch.dispose();
      }
    }
  }
});

test("a batch of more than there is takes no more memory than that", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  for (const shuffle of [undefined, { seed: 1 }]) {
    const { places } = await placesOf(reader, 2 ** 31 - 1, { unit: "position", ...(shuffle && { shuffle }) });
    assert.equal(
      places.map((batch) => batch.length),
      [80],
    );
  }
});

test("a number in a shard that int32 has not is told", async () => {
  await using made = await harvested();
  const folder = join(made.plan.store.name, "shards");
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    const header = 8 + Number(bytes.readBigUInt64LE(0));
    const { document } = JSON.parse(bytes.toString("utf8", 8, header)) as {
      document: { data_offsets: [number, number] };
    };
    bytes.writeUInt32LE(2 ** 32 - 1, header + document.data_offsets[0]);
    await writeFile(join(folder, name), bytes);
  }
  await using reader = await HarvestReader.open(made.acts);
  const message =
    "document: it holds 4294967295, which is beyond int32. It was changed or made by something else: do not trust it; `verify` tells what else is wrong.";
  assert.is((await rejected(reader.read([0]))).message, message);
  assert.is((await rejected(placesOf(reader, 4, { unit: "position" }))).message, message);
});

test("a cursor of other options is refused", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  const { cursors } = await placesOf(reader, 4, {});
  const error = await rejected(placesOf(reader, 4, { shuffle: { seed: 1 }, from: cursors[0] ?? "" }));
  assert.match(
    error.message,
    /is no cursor of these batches\. Give the cursor of batches with the same options/,
  );
});

test("beginnings of sequence and padding are left out", async () => {
  await using made = await harvested({ policy: "document" });
  await using reader = await HarvestReader.open(made.acts);
  const { places } = await placesOf(reader, 100, { unit: "position", drop: ["bos", "padding"] });
  const want = Array.from({ length: 10 }, (_, row) =>
    Array.from({ length: 5 }, (_u, i) => row * CONTEXT + 1 + i),
  );
  assert.equal(places.flat(), want.flat());
});

test("rows that are not committed are an error, or skipped", async () => {
  await using made = await harvested();
  await rm(join(made.plan.store.name, "commits/000001.json"));
  await using reader = await HarvestReader.open(made.acts);
  const error = await rejected(reader.read([5]));
  assert.is(
    error.message,
    'Row 4 is of item 1, which is not committed. Run the harvest to its end, or give missing: "skip".',
  );
  const { places } = await placesOf(reader, 100, { missing: "skip" });
  assert.is(places.flat().length, 6 * CONTEXT);
});

test("a probe learns from what the reader streams", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  const values: Tensor[] = [];
  for await (const batch of reader.values("blocks.0.hook_resid_post", 32)) values.push(batch);
  const x = concat(values);
  const y = tensor1d(
    Array.from({ length: 80 }, (_, i) => (i % CONTEXT === 0 ? 1 : 0)),
    "int32",
  );
  const probe = await new LogisticRegression({ C: 1e5 }).fit(x, y);
  assert.ok((await probe.score(x, y)) > 0.95); // the beginning of sequence is the same token everywhere
  for (const tensor of [...values, x, y]) tensor.dispose();
});

test("what there is not is told", async () => {
  await using made = await harvested();
  await using reader = await HarvestReader.open(made.acts);
  assert.is(
    (await rejected(reader.read([10]))).message,
    "There is no row 10: rows are 0 to 9. Give row numbers as a list, or { start, end }.",
  );
  assert.is(
    thrown(() => reader.batches(4, { sites: "blocks.7.*" })).message,
    "blocks.7.* picks none of the harvest's tensors. They are blocks.0.hook_resid_post, blocks.1.hook_resid_post.",
  );
  assert.is(
    thrown(() => reader.batches(0)).message,
    "The option size of batches is 0. Give a whole number of at least 1 and at most 2147483647.",
  );
  await reader.close();
  assert.match((await rejected(reader.read([1]))).message, /: this reader is closed\. Open another\.$/);
});

test("a tensor without positions is not read by positions", async () => {
  await using made = await harvested({ recipe: "many.ts" });
  await using reader = await HarvestReader.open(made.acts);
  assert.is(
    thrown(() => reader.batches(4, { unit: "position" })).message,
    'fwd/blocks.0.attn.hook_pattern: has no position, so it cannot be read by positions. Leave it out (sites), or read it by rows (unit: "row").',
  );
});

test("the ends of float16 are read as they were: subnormal numbers, infinities, NaN", async () => {
  await using made = await planned({ recipe: "special.ts", rows: 2 });
  await harvest(made.plan, { processes: 0 });
  await using reader = await HarvestReader.open(made.acts);
  using rows = await reader.read([1]);
  const values = [...rows.get<Tensor>(["fwd", "special"]).dataSync()];
  assert.equal(values.slice(0, SPECIAL.length).map(show), SPECIAL.map(show));
  function show(value: number): string {
    return Object.is(value, -0) ? "-0" : String(value);
  }
});

test.run();
