import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { harvest, HarvestReader, sealHarvest, TokenSet } from "@hookdict/harvest";
import { isHookdictError } from "@hookdict/tensordict";
import { assert, suite } from "../gate/suite.ts";
import { planned } from "./support/harvests.ts";
import { drawing, mutated, MUTATIONS } from "./support/mutations.ts";

const test = suite("hostile harvests");

/** Reads all there is; gives the error, if there is one. */
async function readAll(acts: string): Promise<unknown> {
  try {
    await using reader = await HarvestReader.open(acts);
    for await (const batch of reader.batches(7, { missing: "skip" })) batch.dispose();
    for (const site of reader.features) await reader.readSparse(site, { start: 0, end: reader.rows });
    return undefined;
  } catch (error) {
    return error;
  }
}

for (const name of ["plan.json", "manifest.json", "commits/000001.json"]) {
  test(`whatever ${name} says, it is read or refused with one error of ours`, async () => {
    await using made = await planned({ recipe: "many.ts" });
    await harvest(made.plan, { processes: 0 });
    if (name === "manifest.json") await sealHarvest(made.plan);
    const file = join(made.plan.store.name, name);
    const text = await readFile(file, "utf8");
    for (let seed = 0; seed < MUTATIONS; seed++) {
      const changed = mutated(text, seed);
      await writeFile(file, changed);
      const error = await readAll(made.acts);
      assert.ok(
        error === undefined || isHookdictError(error),
        `seed ${seed}: ${String(error)}\n${changed.slice(0, 4000)}`,
      );
    }
  });
}

test("whatever a token file or dataset.json says, it is read or refused with one error of ours", async () => {
  await using made = await planned();
  for (const name of ["dataset.json", "tokens-00000.safetensors"]) {
    const file = join(made.tokens, name);
    const bytes = await readFile(file);
    for (let seed = 0; seed < MUTATIONS; seed++) {
      const draw = drawing(seed + 1);
      const changed = Buffer.from(bytes);
      changed[draw(Math.min(changed.length, 900))] = draw(256);
      await writeFile(file, draw(4) === 0 ? changed.subarray(0, draw(changed.length)) : changed);
      const error = await readTokens(made.tokens);
      assert.ok(error === undefined || isHookdictError(error), `${name}, seed ${seed}: ${String(error)}`);
    }
    await writeFile(file, bytes);
  }
});

async function readTokens(where: string): Promise<unknown> {
  try {
    await using tokens = await TokenSet.open(where);
    await tokens.read(0, Math.min(10, tokens.file.rows));
    return undefined;
  } catch (error) {
    return error;
  }
}

test("a record that names a path, another size or another item is refused", async () => {
  await using made = await planned();
  await harvest(made.plan, { processes: 0 });
  const file = join(made.plan.store.name, "commits/000001.json");
  const record = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  for (const [key, value, problem] of [
    ["shard", "../../../etc/passwd", '"shard" is "../../../etc/passwd", not 64 hex digits'],
    ["bytes", 12, '"bytes" is 12, and by the plan the shard has 1832'],
    ["item", 2, '"item" is 2, not a whole number from 1 to 1'],
    ["rows", [0, 4], '"rows" is [0,4], not [4,8]'],
  ] as const) {
    await writeFile(file, JSON.stringify({ ...record, [key]: value }));
    const error = (await readAll(made.acts)) as { code?: string; message: string };
    assert.equal(
      [error.code, error.message],
      [
        "HARVEST_FILE_INVALID",
        `${file}: ${problem}. It was changed or made by something else: do not trust it; \`verify\` tells what else is wrong.`,
      ],
    );
  }
});

test.run();
