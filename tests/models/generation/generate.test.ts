import type { HookdictError } from "@hookdict/tensordict";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { beamSearch, generate, generateRows, GPT2, type LogitsModel } from "@hookdict/models";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { ioiTiny } from "../ioi-tiny.ts";

const test = suite("generation");

/** A model whose next token depends on the last one alone: logits are a row of this table. */
const table = [
  [0, 2, 1, -1],
  [1, 0, 3, 0],
  [0, 1, 0, 2],
  [2, 0, 0, 1],
];
const chain: LogitsModel = {
  call(tokens: Tensor) {
    const ids = [...tokens.dataSync()];
    return tensor(
      ids.flatMap((id) => table[id] ?? []),
      [...tokens.shape, 4],
    );
  },
};

/** What a generation is refused with. */
async function fault(promise: Promise<unknown>): Promise<[string, string]> {
  const error = (await rejected(promise)) as HookdictError;
  return [error.code, error.message];
}

test("the likeliest token follows, step by step", async () => {
  assert.equal(await generateRows(chain, [[0]], { maxNewTokens: 4 }), [[0, 1, 2, 3, 0]]);
});

test("a loop sees each step as it is made, and may leave", async () => {
  const seen: unknown[] = [];
  for await (const { step, tokens, rows } of generate(chain, [[0], [2, 1]])) {
    seen.push([step, tokens, rows]);
    if (step === 1) break;
  }
  assert.equal(seen, [
    [
      0,
      [1, 2],
      [
        [0, 1],
        [2, 1, 2],
      ],
    ],
    [
      1,
      [2, 3],
      [
        [0, 1, 2],
        [2, 1, 2, 3],
      ],
    ],
  ]);
});

test("each row is what its prompt alone gives, also where prompts are of unequal lengths", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const prompts = ["When Mary and John went", "After John"].map((text) => model.tokenIds(text));
  const options = { maxNewTokens: 3 };
  const together = await generateRows(model, prompts, options);
  const alone = await Promise.all(prompts.map((prompt) => generateRows(model, [prompt], options)));
  assert.equal(together, alone.flat());
});

test("the same seed draws the same, another seed something else", async () => {
  const options = { pick: "sample", maxNewTokens: 30 } as const;
  const [a, b, c] = [
    await generateRows(chain, [[0]], { ...options, seed: 1 }),
    await generateRows(chain, [[0]], { ...options, seed: 1 }),
    await generateRows(chain, [[0]], { ...options, seed: 2 }),
  ];
  assert.equal(a, b);
  assert.not.equal(a, c);
});

test("tokens are drawn as often as they are likely", async () => {
  const rows = await generateRows(
    chain,
    Array.from({ length: 2000 }, () => [0]),
    { pick: "sample", maxNewTokens: 1, seed: 3 },
  );
  const total = table[0]?.reduce((sum, logit) => sum + Math.exp(logit), 0) ?? 1;
  const share = rows.filter((row) => row[1] === 1).length / rows.length;
  // Three standard deviations of 2000 draws.
  assert.ok(Math.abs(share - Math.exp(2) / total) < 3 * Math.sqrt(0.25 / 2000));
});

test("rows end at a token, at a text, or after so many tokens, and say why", async () => {
  const decode = (ids: readonly number[]): string => ids.map((id) => "abcd"[id]).join("");
  const reasons: unknown[] = [];
  const options = { stopTokens: [3], stopStrings: ["ab"], decode, maxNewTokens: 6 };
  for await (const { rows, ended } of generate(chain, [[1], [2, 3]], options)) reasons.push([rows, ended]);
  assert.equal(reasons.at(-1), [
    [
      [1, 2, 3],
      [2, 3, 0, 1],
    ],
    ["stopTokens", "stopStrings"],
  ]);
});

test("a signal ends the generation between two steps", async () => {
  const signal = { aborted: false, reason: "enough" };
  const run = async (): Promise<void> => {
    for await (const { step } of generate(chain, [[0]], { signal })) signal.aborted = step === 1;
  };
  const error = (await rejected(run())) as HookdictError;
  assert.is(error.code, "GENERATION_ABORTED");
  assert.is(
    error.message,
    "The generation was aborted before step 2. What was made until then was given token by token.",
  );
  assert.is(error.cause, "enough");
});

test("a signal ends a search of beams, and steps and stops of one's own join in", async () => {
  const aborter = new AbortController();
  const stops = [{ name: "second", isEnd: (made: readonly number[]) => made.length === 2 }];
  const steps = [{ name: "no 0", apply: (logits: Float32Array) => void (logits[0] = -Infinity) }];
  const found = await beamSearch(chain, [0], { beams: 2, steps, stops });
  for (const { ids } of found) {
    assert.is(ids.length, 3);
    assert.not(ids.slice(1).includes(0));
  }
  const aborting = [{ name: "abort", apply: () => aborter.abort("enough") }];
  const [code, message] = await fault(beamSearch(chain, [0], { steps: aborting, signal: aborter.signal }));
  assert.equal(
    [code, message.split(".")[0]],
    ["GENERATION_ABORTED", "The generation was aborted before step 1"],
  );
});

test("contexts stand at every step, and see what it computes", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const prompt = model.tokenIds("When Mary and John went");
  using hooked = new ActivationCaching("blocks.0.hook_resid_pre").prepare(model);
  const lengths: unknown[] = [];
  for await (const { rows } of generate(hooked, [prompt], { maxNewTokens: 3 })) {
    const [, pos] = hooked.cache.get(["fwd", "blocks.0.hook_resid_pre"]).shape;
    lengths.push([pos, rows[0]?.length]);
  }
  const n = prompt.length;
  assert.equal(lengths, [
    [n, n + 1],
    [1, n + 2],
    [1, n + 3],
  ]);
});

test("a patch at a position acts at every step in which the position is computed", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const clean = model.tokenIds("When Mary and John went to the store , John gave a drink to");
  const corrupt = model.tokenIds("When Mary and John went to the store , Mary gave a drink to");
  const tokens = model.tokens("When Mary and John went to the store , John gave a drink to");
  using source = new ActivationCaching("blocks.0.hook_resid_pre").prepare(model).run((hooked) => {
    hooked.call(tokens).dispose();
    return hooked.takeCache();
  });
  tokens.dispose();
  using patched = new ActivationPatching("blocks.0.hook_resid_pre", { source, positions: [10] }).prepare(
    model,
  );
  const options = { maxNewTokens: 1 };
  const [wanted] = await generateRows(model, [clean], options);
  const [got] = await generateRows(patched, [corrupt], options);
  // The two prompts differ at position 10 alone.
  assert.is(got?.at(-1), wanted?.at(-1));
});

test("options are checked before the model runs", async () => {
  const message = (name: string, got: unknown, want: string): [string, string] => [
    "GENERATION_OPTION",
    `"${name}" of a generation is ${String(got)}; it must be ${want}.`,
  ];
  const cases = [
    [{ temperature: 0 }, message("temperature", 0, "a number above 0")],
    [{ topK: 1.5 }, message("topK", 1.5, "a whole number from 1 on")],
    [{ topP: 2 }, message("topP", 2, "a number above 0, at most 1")],
    [{ maxNewTokens: 0 }, message("maxNewTokens", 0, "a whole number from 1 on")],
    [{ stopStrings: ["a"] }, message("decode", undefined, "given with stopStrings")],
    [{ pick: "best" as "greedy" }, message("pick", "best", "one of greedy, sample, or a Pick")],
    [{ pick: {} as never }, message("pick", "a record", "one of greedy, sample, or a Pick")],
    [{ seed: "a" as never }, message("seed", "a", "a finite number")],
    [{ signal: 5 as never }, message("signal", 5, "an AbortSignal")],
    [{ steps: [1] as never }, message("steps", "[1]", "a list of { name, apply }")],
    [{ stops: {} as never }, message("stops", "a record", "a list of { name, isEnd }")],
    [{ stopTokens: ["a"] as never }, message("stopTokens", '["a"]', "a list of token ids")],
    [
      { stopStrings: "a" as never, decode: String },
      message("stopStrings", "a", "a list of texts that are not empty"),
    ],
    [
      { stopStrings: [5] as never, decode: String },
      message("stopStrings", "[5]", "a list of texts that are not empty"),
    ],
    [{ stopStrings: ["a"], decode: 5 as never }, message("decode", 5, "given with stopStrings")],
  ] as const;
  for (const [options, want] of cases) {
    assert.equal(await fault(generateRows(chain, [[0]], options)), want);
    if (!("pick" in options || "seed" in options))
      assert.equal(await fault(beamSearch(chain, [0], options)), want);
  }
  for (const [prompts, text] of [
    [[], "[]"],
    [[[]], "[[]]"],
    [[[1.5]], "[[1.5]]"],
  ] as const)
    assert.equal(
      await fault(generateRows(chain, prompts)),
      message("prompts", text, "lists of at least one token, which are whole numbers"),
    );
  const options =
    "repetitionPenalty, frequencyPenalty, presencePenalty, temperature, topK, topP, minP, maxNewTokens, stopTokens, stopStrings, decode, useCache, encoderPrompts, steps, stops, signal";
  assert.equal(await fault(generateRows(chain, [[0]], { maxTokens: 3 } as never)), [
    "ARGUMENT_INVALID",
    `generateRows was given "maxTokens" as an option. Give only ${options}, pick, seed, padLeft.`,
  ]);
  assert.equal(await fault(beamSearch(chain, [0], { seed: 3 } as never)), [
    "ARGUMENT_INVALID",
    `beamSearch was given "seed" as an option. Give only ${options}, beams, lengthPenalty, earlyStopping.`,
  ]);
  const step = generate(chain, [[0]], null as never).next();
  assert.equal(await fault(step), ["ARGUMENT_INVALID", "generate was given null as options. Give a record."]);
});

test("logits that rule out every token are an error", async () => {
  const none: LogitsModel = { call: (tokens) => tensor([Number.NaN, 0], [...tokens.shape, 2]) };
  assert.equal(await fault(generateRows(none, [[0]])), [
    "GENERATION_NO_TOKEN",
    "No token can follow in row 0 at step 0: its logits are all -Infinity, or not numbers. " +
      "Look at the model's hooks and at the steps that change logits.",
  ]);
});

test("beyond the context the model's own error is thrown, and nothing stays behind", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const { nPositions } = model.config;
  const prompt = Array.from({ length: nPositions }, () => 0);
  const [code] = await fault(generateRows(model, [prompt], { maxNewTokens: 2 }));
  assert.is(code, "TOKENS_TOO_LONG");
});

test("as many beams as there are rows find the likeliest of all", async () => {
  const beams = await beamSearch(chain, [0], { beams: 64, maxNewTokens: 3 });
  const chance = (from: number, to: number): number => {
    const row = table[from] ?? [];
    return Math.log(Math.exp(row[to] ?? 0) / row.reduce((sum, logit) => sum + Math.exp(logit), 0));
  };
  const all = [0, 1, 2, 3].flatMap((a) =>
    [0, 1, 2, 3].flatMap((b) =>
      [0, 1, 2, 3].map((c) => ({ ids: [0, a, b, c], sum: chance(0, a) + chance(a, b) + chance(b, c) })),
    ),
  );
  all.sort((a, b) => b.sum - a.sum);
  assert.equal(beams[0]?.ids, all[0]?.ids);
  assert.ok(Math.abs((beams[0]?.logProbability ?? 0) - (all[0]?.sum ?? 0)) < 1e-6); // logits are float32
  assert.is(beams.length, 64);
});

test("one beam is what greedy gives", async () => {
  const [beam] = await beamSearch(chain, [0], { beams: 1, maxNewTokens: 4 });
  assert.equal([beam?.ids], await generateRows(chain, [[0]], { maxNewTokens: 4 }));
});

test.run();
