import { harvest, HarvestReader, verifyHarvest } from "@hookdict/harvest";
import { cka, measureDictionary } from "@hookdict/latent";
import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { closeDictionary, openDictionary } from "./fixtures/sae.ts";
import { CONTEXT, planned } from "./support/harvests.ts";

const test = suite("harvests and what latent has");

test.after.each(closeDictionary);

const site = "blocks.0.hook_resid_post";

test("features of a dictionary that is spliced in are harvested as those of a site", async () => {
  await using made = await planned({ recipe: "sae.ts" });
  await harvest(made.plan, { processes: 0 });
  assert.equal(await verifyHarvest(made.plan), []);
  await using reader = await HarvestReader.open(made.acts);
  assert.equal(reader.features, [`${site}.sae.features`]);
  using rows = await reader.read([3]);
  const values = rows.get<Tensor>(["fwd", site]).dataSync();
  const sparse = await reader.readSparse(`${site}.sae.features`, [3]);
  assert.equal(sparse.shape, [CONTEXT, 16]);
  for (let position = 0; position < CONTEXT; position++) {
    const row = values.slice(position * 8, position * 8 + 8);
    const largest = [...row].map(Math.abs).sort((a, b) => b - a);
    const kept = sparse.values.slice(sparse.offsets[position], sparse.offsets[position + 1]);
    assert.equal(
      [...kept].sort((a, b) => b - a),
      largest.slice(0, 4),
    ); // the same numbers in float16
  }
  closeDictionary();
});

test("a dictionary is measured on what the reader streams", async () => {
  await using made = await planned();
  await harvest(made.plan, { processes: 0 });
  await using reader = await HarvestReader.open(made.acts);
  const dictionary = openDictionary();
  for await (const values of reader.values(site, 32, { shuffle: { seed: 1 } })) {
    const { mse, density } = await measureDictionary(dictionary, values);
    assert.ok(mse < 1e-12);
    assert.is(density.length, 16);
    values.dispose();
  }
  dictionary.dispose();
});

test("sites are compared on rows of a harvest", async () => {
  await using made = await planned();
  await harvest(made.plan, { processes: 0 });
  await using reader = await HarvestReader.open(made.acts);
  using rows = await reader.read({ start: 0, end: 10 });
  const [a, b] = [0, 1].map((layer) =>
    reshape(rows.get<Tensor>(["fwd", `blocks.${layer}.hook_resid_post`]), [10 * CONTEXT, 8]),
  ) as [Tensor, Tensor];
  const { value } = await cka(a, b);
  assert.ok(value > 0.5 && value <= 1, String(value)); // one block adds little to the stream of drawn weights
  assert.ok(Math.abs((await cka(a, a)).value - 1) < 1e-6);
  a.dispose();
  b.dispose();
});

test.run();
