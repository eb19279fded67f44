import { readdirSync, readFileSync } from "node:fs";
import {
  EncoderDecoder,
  FAMILIES,
  ImageClassifier,
  loadModel,
  StateSpaceModel,
  Transformer,
} from "@hookdict/models";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "./variants.ts";

// docs/models.md says which families there are, and what is special about each: so does the code.
const test = suite("the table of families");

const lines = readFileSync(new URL("../../../docs/models.md", import.meta.url), "utf8").split("\n");
const head = lines.findIndex((line) => /^\| `model_type` +\| what is special/.test(line));
const rows = lines
  .slice(head + 2, lines.indexOf("", head))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, types = "", special = ""]) => ({ types: types.match(/(?<=`)[\w-]+(?=`)/g) ?? [], special }));

/** Variants of the references, by `model_type`. */
const folders = new Map<string, string[]>();
for (const name of readdirSync(familyFolder("."))) {
  try {
    const config = readFileSync(new URL(`${name}/config.json`, familyFolder(".")), "utf8");
    const { model_type: type } = JSON.parse(config) as { model_type: string };
    folders.set(type, [...(folders.get(type) ?? []), name]);
  } catch {
    // No variant.
  }
}

/** Those of a family's other name where one has none of its own. */
function foldersOf(type: string): readonly string[] {
  const names = FAMILIES.find(({ modelTypes }) => modelTypes.includes(type))?.modelTypes ?? [];
  return folders.get(type) ?? names.flatMap((name) => folders.get(name) ?? []);
}

type BlockConfig = Transformer["config"]["blocks"][number];
type Has = (block: BlockConfig, model: Transformer) => boolean;

/** What a row says, of some layer of some variant of each of its families, or of the one that is named. */
const SAYS: Readonly<Record<string, readonly (readonly [string, Has, string?])[]>> = {
  "learned positions; `gpt_neo` has windows and no scaling, `opt` may norm after branches": [
    ["learned positions", (_, { config }) => config.embed.positions !== undefined],
    ["windows", ({ attention }) => attention.window !== undefined, "gpt_neo"],
    ["no scaling", ({ attention }) => attention.scale === 1, "gpt_neo"],
    ["norms after branches", ({ order }) => order === "post", "opt"],
  ],
  "RMS norms, rotation, grouped heads; windows, layers without rotation, multipliers": [
    ["RMS norms", ({ norm }) => norm.kind === "rms"],
    ["rotation", ({ attention }) => attention.rotary !== undefined],
    ["grouped heads", ({ attention }) => attention.nKeyHeads < attention.nHeads],
    ["windows", ({ attention }) => attention.window !== undefined, "mistral"],
    ["layers without rotation", ({ attention }) => attention.rotary === undefined, "smollm3"],
    ["multipliers", ({ residualScale }) => residualScale !== undefined, "granite"],
  ],
  "norms of queries and keys": [["norms", ({ attention }) => attention.qkNorm !== undefined]],
  "gains are 1 + weight; caps, norms before and after branches": [
    ["gains", ({ norm }) => norm.plus === 1],
    ["caps", ({ attention }) => attention.cap !== undefined, "gemma2"],
    ["norms after branches", ({ norms }) => norms.includes("ln1_post") && norms.includes("ln1"), "gemma2"],
  ],
  "attention and MLP read the same stream, so there is no `hook_resid_mid`": [
    [
      "one stream",
      ({ order }, { blocks }) => order === "parallel" && blocks[0]?.hook_resid_mid === undefined,
    ],
  ],
  "joined matrices, partial rotation, plain MLPs, norms without weights": [
    ["joined matrices", (_, { weights }) => weights.stored.some(({ parts }) => parts.length > 1), "phi3"],
    ["partial rotation", ({ attention }) => (attention.rotary?.dims ?? 0) < attention.dHead, "stablelm"],
    ["plain MLPs", ({ mlp }) => !mlp.isGated, "starcoder2"],
    ["norms without weights", ({ norm }) => norm.isPlain === true, "olmo"],
  ],
  "biases by distance": [["biases", ({ attention }) => attention.alibi !== undefined]],
  "experts, each of which computes the tokens it serves; `gpt_oss` has sinks": [
    ["experts", ({ mlp }) => mlp.experts !== undefined],
    ["sinks", ({ attention }) => attention.hasSinks === true, "gpt_oss"],
  ],
  "encoders with norms after branches; without a head, the last hidden state": [
    ["encoders", ({ order }, { config }) => order === "post" && !config.isCausal],
  ],
};

const CLASSES: Readonly<Record<string, readonly (new (...args: never[]) => object)[]>> = {
  "`EncoderDecoder`: called with `{ decoderTokens }`": [EncoderDecoder],
  "`StateSpaceModel`, `ImageClassifier`": [StateSpaceModel, ImageClassifier],
};

test("lists every family once, and none that is not there", () => {
  assert.ok(rows.length > 9, `${rows.length} rows were read`);
  const listed = rows.flatMap(({ types }) => types);
  assert.equal(listed.toSorted(), FAMILIES.flatMap(({ modelTypes }) => modelTypes).toSorted()); // prettier-ignore
});

for (const { types, special } of rows)
  test(`says of ${types.join(", ")} what they are`, async () => {
    const models = new Map<string, object[]>();
    for (const type of types) {
      const loaded: object[] = [];
      models.set(type, loaded);
      for (const name of foldersOf(type)) loaded.push(await loadModel(familyFolder(name)));
    }
    try {
      for (const type of types) assert.ok((models.get(type) ?? []).length > 0, `there is a ${type}`);
      const classes = CLASSES[special];
      for (const [i, type] of types.entries())
        if (classes !== undefined)
          for (const model of models.get(type) ?? [])
            assert.ok(model instanceof (classes[i] ?? classes[0] ?? Object), type); // prettier-ignore
      const says = SAYS[special];
      assert.ok(classes !== undefined || says !== undefined, `nobody checks that "${special}"`);
      for (const [what, has, only] of says ?? [])
        for (const type of only === undefined ? types : [only]) {
          const found = (models.get(type) ?? []).filter(
            (model) => model instanceof Transformer && model.config.blocks.some((block) => has(block, model)),
          );
          assert.ok(found.length > 0, `${type}: ${what}`);
        }
    } finally {
      for (const model of [...models.values()].flat()) (model as Disposable)[Symbol.dispose]();
    }
  });

test.run();
