import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { harvest, HarvestReader, sealHarvest, TokenSet } from "@hookdict/harvest";
import { isHookdictError } from "@hookdict/tensordict";
import { assert, goesOn, suite } from "../gate/suite.ts";
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

const DAMAGED = "The file is damaged or was not fully written: fetch or write it again\\.";
const NO_FILE = "It is not a safetensors file, or it is damaged\\.";

/** What is said of a file that is wrong, whole, by the error's code. It begins with a file below the folder. */
const WHOLE: Readonly<Record<string, string>> = {
  HARVEST_FILE_INVALID:
    ".+\\. It was changed or made by something else: do not trust it; `verify` tells what else is wrong\\.",
  HARVEST_PLAN_CHANGED:
    "has the hash [0-9a-f]{16}…, and its folder is named for another\\. Somebody changed the plan: bring the old one back, or plan anew\\.",
  HARVEST_ROWS_MISSING:
    'Row \\d+ is of item \\d+, which is not committed\\. Run the harvest to its end, or give missing: "skip"\\.',
  JSON_INVALID: `is not valid JSON \\(.+\\)\\. ${DAMAGED}`,
  JSON_DUPLICATE_KEY: "the key .+ is given twice in one object\\. Write each key once\\.",
  SAFETENSORS_DTYPE: "tensor .+ has the unknown dtype .+\\. Known are F64, .+, C64\\.",
  SAFETENSORS_ENTRY:
    "tensor .+ has a bad (shape|dtype|data_offsets) in the header: .+\\. An entry is { dtype: string, shape: sizes, data_offsets: \\[begin, end\\] }\\.",
  SAFETENSORS_HEADER_JSON: `.+\\. ${NO_FILE}`,
  SAFETENSORS_HEADER_LENGTH: `claims a header of \\d+ bytes, in a file of \\d+; at most \\d+ are read\\. ${NO_FILE}`,
  SAFETENSORS_INTEGER:
    "tensor .+ holds \\d+ at element \\d+, which int32 cannot hold\\. TensorFlow\\.js has no wider integers: store it as a float, or split it\\.",
  SAFETENSORS_HOLE: `bytes \\d+ to \\d+, .+, belong to no tensor\\. ${DAMAGED}`,
  SAFETENSORS_METADATA: "the metadata .+ is .+, not a string\\. Metadata of safetensors files are strings\\.",
  SAFETENSORS_OFFSETS: `tensor .+ lies at .+, outside the \\d+ bytes of data\\. ${DAMAGED}`,
  SAFETENSORS_OVERLAP: `tensors .+ share \\d+ bytes\\. ${DAMAGED}`,
  SAFETENSORS_SIZE: `tensor .+ has \\d+ bytes, which is not what .+ takes\\. ${DAMAGED}`,
  SAFETENSORS_TOO_SHORT: `has \\d+ bytes, too few for the length of a safetensors header \\(8\\)\\. ${DAMAGED}`,
};

/** Whether something was read, or refused with a message that is known, whole. */
function assertTold(error: unknown, folder: string, context: string): void {
  if (error === undefined) return;
  const { code = "", message } = error as { readonly code?: string; readonly message: string };
  const whole = WHOLE[code];
  assert.ok(isHookdictError(error) && whole !== undefined, `${context}: ${code} ${message}`);
  const [place, said] = message.startsWith(folder)
    ? message.slice(folder.length).split(/: (.*)/s)
    : ["", message];
  assert.match(place ?? "", /^[\w./-]*$/, context);
  assert.match(said ?? "", new RegExp(`^${whole}$`, "s"), `${context}: ${message}`);
}

for (const name of ["plan.json", "manifest.json", "commits/000001.json"]) {
  test(`whatever ${name} says, it is read or refused with one error of ours`, async () => {
    await using made = await planned({ recipe: "many.ts" });
    await harvest(made.plan, { processes: 0 });
    if (name === "manifest.json") await sealHarvest(made.plan);
    // A copy of another name: its plan is compared with no hash.
    const copy = join(made.path, "copied");
    await cp(made.plan.store.name, copy, { recursive: true });
    for (const folder of [made.plan.store.name, copy]) {
      const file = join(folder, name);
      const text = await readFile(file, "utf8");
      for (let seed = 0; seed < MUTATIONS; seed++) {
        if (seed % 500 === 0) goesOn(`${name}, seed ${seed}`);
        const changed = mutated(text, seed);
        await writeFile(file, changed);
        assertTold(await readAll(folder), folder, `seed ${seed} of ${changed.slice(0, 4000)}`);
      }
    }
  });
}

test("whatever a token file or dataset.json says, it is read or refused with one error of ours", async () => {
  await using made = await planned();
  for (const name of ["dataset.json", "tokens-00000.safetensors"]) {
    const file = join(made.tokens, name);
    const bytes = await readFile(file);
    for (let seed = 0; seed < MUTATIONS; seed++) {
      if (seed % 500 === 0) goesOn(`${name}, seed ${seed}`);
      const draw = drawing(seed + 1);
      const changed = Buffer.from(bytes);
      changed[draw(Math.min(changed.length, 900))] = draw(256);
      await writeFile(file, draw(4) === 0 ? changed.subarray(0, draw(changed.length)) : changed);
      assertTold(await readTokens(made.tokens), made.tokens, `${name}, seed ${seed}`);
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

test("a plan of rows that no memory holds is refused by what its records say", async () => {
  await using made = await planned();
  await harvest(made.plan, { processes: 0 });
  const copy = join(made.path, "copied");
  await cp(made.plan.store.name, copy, { recursive: true });
  const plan = JSON.parse(await readFile(join(copy, "plan.json"), "utf8")) as {
    tensors: { shape: number[] }[];
  };
  for (const tensor of plan.tensors) tensor.shape = [8, 99_999_999_999];
  await writeFile(join(copy, "plan.json"), JSON.stringify(plan));
  const error = (await readAll(copy)) as { code?: string; message: string };
  assert.is(error.code, "HARVEST_FILE_INVALID", error.message);
  assert.match(
    error.message,
    /commits\/000000\.json: "bytes" is \d+, and by the plan the shard has \d+\. It was changed or made/,
  );
});

test("a token file that is gone is told", async () => {
  await using made = await planned();
  await rm(join(made.tokens, "tokens-00000.safetensors"));
  const { message } = (await readTokens(made.tokens)) as { message: string };
  assert.is(
    message,
    `${made.tokens}/tokens-00000.safetensors: is missing, though dataset.json lists it. It was changed or made by something else: do not trust it; \`verify\` tells what else is wrong.`,
  );
});

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
