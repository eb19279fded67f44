import { readFileSync } from "node:fs";
import { MultiHookManager } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import {
  beamSearch,
  generate,
  type GeneratedStep,
  generateRows,
  loadModel,
  type LogitsModel,
  type StateSpaceModel,
  Tokenizer,
  type Transformer,
} from "@hookdict/models";
import { add, memory, mul, tensor3d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { familyFolder } from "../families/variants.ts";

const test = suite("generation, several things at the same time");

const PROMPTS = [
  [5, 6, 7, 8, 9, 10, 11],
  [9, 4],
  [40, 41, 3],
];
const FAMILIES = ["llama", "mistral", "mamba"];
const decode = (ids: readonly number[]): string => ids.map((id) => `<${id}>`).join("");

type Model = (Transformer | StateSpaceModel) & LogitsModel;

/** Runs `fn` with a model under hooks that change what is generated, and looks for what stays behind. */
async function underHooks(name: string, fn: (model: Model) => Promise<void>): Promise<void> {
  using model = await loadModel<Model>(familyFolder(name));
  using manager = new MultiHookManager(model);
  manager.register("blocks.1.hook_resid_pre", "fwd", (x: Tensor) => mul(x, 1.3));
  manager.register("blocks.0.hook_resid_post", "fwd", (x: Tensor) => add(x, 0.2));
  const before = memory().numTensors;
  await fn(model);
  assert.is(memory().numTensors, before, name);
}

test("beams under hooks, with penalties and stop strings, are the same with a cache and without", async () => {
  const options = { beams: 3, maxNewTokens: 9, stopStrings: ["><7", "5>"], decode, stopTokens: [9] };
  const penalties = { repetitionPenalty: 1.2, frequencyPenalty: 0.1, topK: 20 };
  for (const name of FAMILIES)
    await underHooks(name, async (model) => {
      for (const prompt of PROMPTS) {
        const idsOf = async (useCache: boolean): Promise<unknown> =>
          (await beamSearch(model, prompt, { ...options, ...penalties, useCache })).map(({ ids }) => ids);
        assert.equal(await idsOf(true), await idsOf(false));
      }
    });
});

/** What the seed draws, on every backend. */
const DRAWN: Readonly<Record<string, readonly (readonly number[])[]>> = {
  llama: [
    [4, 4, 82, 66, 51, 15, 77, 3],
    [58, 46, 50, 18, 55, 55, 55, 55],
    [32, 40, 41, 6, 2, 38, 41, 66],
  ],
  mistral: [
    [16, 25, 84, 65, 28, 38, 36, 30],
    [68, 30, 76, 59, 63],
    [24, 87, 78, 1, 13],
  ],
  mamba: [
    [0, 14, 85, 52, 52, 52, 20, 39],
    [49, 27, 86, 17, 69, 74, 6, 73],
    [40, 41, 1, 2, 32, 64, 52, 6],
  ],
};

test("what is drawn under hooks is the same with a cache and without, padded or not, on every backend", async () => {
  const options = {
    maxNewTokens: 8,
    pick: "sample",
    seed: 7,
    topP: 0.95,
    minP: 0.01,
    stopStrings: ["3>"],
    decode,
  } as const;
  for (const name of FAMILIES)
    await underHooks(name, async (model) => {
      const ways = [{ useCache: false }, {}, ...(name === "mamba" ? [] : [{ padLeft: true }])];
      for (const way of ways) {
        const rows = await generateRows(model, PROMPTS, { ...options, ...way });
        assert.equal(
          rows.map((row, i) => row.slice(PROMPTS[i]?.length)),
          DRAWN[name],
          name,
        );
      }
    });
});

test("two generations take turns, and run at once, on one hooked model", async () => {
  for (const name of FAMILIES)
    await underHooks(name, async (model) => {
      const groups = [PROMPTS.slice(0, 1), PROMPTS.slice(1)];
      const want: unknown[] = [];
      for (const prompts of groups) want.push(await generateRows(model, prompts, { maxNewTokens: 6 }));
      const site = "blocks.0.hook_resid_pre";
      using hooked = new ActivationCaching(site).prepare(model as Transformer);
      const both = groups.map((prompts) => generate(hooked, prompts, { maxNewTokens: 6 }));
      const last: (GeneratedStep | undefined)[] = [];
      for (let step = 0; step < 6; step++)
        for (const [i, each] of both.entries()) {
          last[i] = (await each.next()).value ?? undefined;
          // Captures are those of the generation whose turn it was.
          const { shape } = hooked.cache.get<Tensor>(["fwd", site]);
          assert.is(shape[1], step > 0 ? 1 : groups[i]?.[0]?.length);
        }
      for (const each of both) assert.is((await each.next()).done, true);
      assert.equal(
        last.map((each) => each?.rows),
        want,
      );
      const atOnce = groups.map((prompts) => generateRows(hooked, prompts, { maxNewTokens: 6 }));
      assert.equal(await Promise.all(atOnce), want);
    });
});

test("a signal that comes in the middle of a step, a loop that is left, and a hook that throws leave nothing", async () => {
  for (const name of FAMILIES)
    await underHooks(name, async (model) => {
      const aborter = new AbortController();
      const rows = generate(model, PROMPTS, { signal: aborter.signal });
      await rows.next();
      const under = rows.next();
      aborter.abort("enough");
      assert.is((await under).done, false);
      const [code] = await asyncFailure(rows.next());
      assert.is(code, "GENERATION_ABORTED");
      assert.is((await rows.next()).done, true);
      for await (const { step } of generate(model, PROMPTS)) if (step === 2) break;
      for (const run of [
        () => generateRows(model, PROMPTS, { maxNewTokens: 10 }),
        () => beamSearch(model, PROMPTS[0] ?? [], { beams: 3, maxNewTokens: 10 }),
      ]) {
        let calls = 0;
        using manager = new MultiHookManager(model);
        manager.register("blocks.1.hook_resid_pre", "fwd", () => {
          if (++calls === 5) throw new Error("mine");
        });
        assert.match((await asyncFailure(run()))[1], /mine/);
      }
    });
});

test("a stop string may end in the middle of a character's tokens' last one", async () => {
  const folder = familyFolder("tokenizers/gpt2-bytelevel");
  const json = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  const tokenizer = new Tokenizer(json("tokenizer.json"), json("tokenizer_config.json"), "tokenizer.json");
  const ids = tokenizer.ids("so 🙂 é ok", { prependBos: false });
  const says: LogitsModel = {
    call(tokens) {
      const pos = tokens.shape[1] ?? 1;
      const logits = new Float32Array(pos * 700);
      logits[(pos - 1) * 700 + (ids[pos - 1] ?? 0)] = 9;
      return tensor3d(logits, [1, pos, 700]);
    },
  };
  const [row = []] = await generateRows(says, [[0]], {
    stopStrings: ["🙂"],
    decode: (made) => tokenizer.decode(made),
  });
  assert.is(tokenizer.decode(row.slice(1)), "so 🙂");
  assert.ok(row.length - 1 > 3); // the face is several tokens
});

test.run();
