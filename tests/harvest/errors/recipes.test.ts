import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { harvest, planHarvest } from "@hookdict/harvest";
import { assert, suite } from "../../gate/suite.ts";
import { fixture, planned } from "../support/harvests.ts";
import { here, told, planWith } from "../support/errors.ts";

const test = suite("errors of recipes");

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

test.run();
