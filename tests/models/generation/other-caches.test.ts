import { ActivationCaching } from "@hookdict/latent";
import {
  beamSearch,
  type EncoderDecoder,
  generate,
  generateRows,
  loadModel,
  randomModel,
  StateCache,
  type StateSpaceModel,
  TransformerCache,
} from "@hookdict/models";
import {
  abs,
  add,
  cast,
  grad,
  max,
  memory,
  mul,
  slice,
  sub,
  sum,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { Custom } from "../../support/custom.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { familyFolder } from "../families/variants.ts";
import { ints } from "./families.ts";

const test = suite("caches of encoders' decoders and of states");

/** Sums in another order. */
const NOISE = 2e-4;
const WAYS = [{ useCache: true }, { useCache: false }] as const;

const gap = (a: Tensor, b: Tensor): number => tidy(() => max(abs(sub(a, b))).dataSync()[0] ?? Number.NaN);
const t5 = (name = "t5"): Promise<EncoderDecoder> => loadModel<EncoderDecoder>(familyFolder(name));
const mamba = (): Promise<StateSpaceModel> => loadModel<StateSpaceModel>(familyFolder("mamba"));

const changing = new Custom((context) => {
  context.hook("**.attn.hook_v", "fwd", (v: Tensor) => mul(v, 0.5));
  context.hook("**.cross_attn.hook_k", "fwd", (k: Tensor) => add(k, 0.1));
  context.hook("decoder.0.hook_resid_post", "fwd", (x: Tensor) => mul(x, 1.5));
});

for (const name of ["t5", "t5-gated", "bart"]) {
  test(`${name}: the decoder gives in pieces what it gives as a whole, hooked and not, and the encoder runs once`, async () => {
    using model = await t5(name);
    const source = ints([
      [3, 5, 7, 2],
      [4, 9, 1, 1],
    ]);
    const attentionMask = ints([
      [1, 1, 1, 1],
      [1, 1, 0, 0],
    ]);
    const decoderTokens = ints([
      [0, 6, 8, 3, 5],
      [0, 2, 9, 9, 4],
    ]);
    for (const hooked of [undefined, changing.prepare(model)]) {
      const call: EncoderDecoder["call"] = (...args) => (hooked ?? model).call(...args);
      using encoder = new ActivationCaching("encoder.0.hook_resid_pre").prepare(model);
      tidy(() => {
        const whole = call(source, { decoderTokens, attentionMask });
        using cache = new TransformerCache(model);
        for (const [begin, pos] of [
          [0, 2],
          [2, 1],
          [3, 2],
        ] as const) {
          const part = slice(decoderTokens, [0, begin], [-1, pos]);
          const got = model.withCache(cache, () => call(source, { decoderTokens: part, attentionMask }));
          assert.ok(gap(got, slice(whole, [0, begin, 0], [-1, pos, -1])) < NOISE, `${name} ${begin}`);
          assert.is(encoder.unfired.length, begin === 0 ? 0 : 1);
        }
        assert.is(cache.length, 5);
        cache.select([1, 1, 0]);
        const next = ints([[7], [7], [7]]);
        const got = model.withCache(cache, () => call(ints([[1], [1], [1]]), { decoderTokens: next }));
        assert.is(gap(slice(got, 0, 1), slice(got, 1, 1)), 0);
        const longer = ints([[0, 2, 9, 9, 4, 7]]);
        const alone = call(ints([[4, 9]]), { decoderTokens: longer });
        assert.ok(gap(slice(got, 0, 1), slice(alone, [0, 5, 0], [1, 1, -1])) < NOISE);
      });
      hooked?.dispose();
    }
    for (const each of [source, attentionMask, decoderTokens]) each.dispose();
  });
}

test("an encoder's decoder generates for many prompts of unequal lengths, each as alone", async () => {
  using model = await t5();
  const encoderPrompts = [
    [3, 5, 7, 2],
    [4, 9],
    [8, 8, 1],
  ];
  const starts = encoderPrompts.map(() => [0]);
  for (const way of WAYS) {
    const options = { ...way, maxNewTokens: 5 };
    const rows = await generateRows(model, starts, { ...options, encoderPrompts });
    for (const [i, prompt] of encoderPrompts.entries()) {
      const [alone] = await generateRows(model, [[0]], { ...options, encoderPrompts: [prompt] });
      assert.equal(rows[i], alone);
    }
  }
  const beams = await Promise.all(
    WAYS.map((way) =>
      beamSearch(model, [0], { ...way, beams: 3, maxNewTokens: 4, encoderPrompts: [[3, 5]] }),
    ),
  );
  assert.equal(beams[0]?.[0]?.ids, beams[1]?.[0]?.ids);
});

test("what an encoder reads is needed, once for each prompt, and refused without an encoder", async () => {
  using model = await t5();
  using other = await mamba();
  const message = async (run: Promise<unknown>): Promise<string | undefined> => (await asyncFailure(run))[1];
  const want = '"encoderPrompts" of a generation is';
  assert.is(
    await message(generateRows(model, [[0], [0]], { encoderPrompts: [[1]] })),
    `${want} [[1]]; it must be 2 lists of tokens, one for each prompt.`,
  );
  assert.is(
    await message(generateRows(model, [[0]])),
    `${want} missing; it must be 1 lists of tokens, one for each prompt.`,
  );
  assert.is(
    await message(generateRows(other, [[0]], { encoderPrompts: [[1]] })),
    `${want} [[1]]; it must be left out, for a model without an encoder.`,
  );
});

test("mamba gives in pieces what it gives as a whole, under hooks that change values, too", async () => {
  using model = await mamba();
  const tokens = ints([
    [3, 5, 7, 2, 9, 4, 4],
    [1, 8, 7, 2, 6, 4, 3],
  ]);
  const check = (): void =>
    tidy(() => {
      const whole = model.call(tokens);
      using cache = new StateCache(model);
      let begin = 0;
      for (const pos of [3, 1, 1, 2]) {
        const part = slice(tokens, [0, begin], [-1, pos]);
        const got = model.withCache(cache, () => model.call(part));
        assert.ok(gap(got, slice(whole, [0, begin, 0], [-1, pos, -1])) < NOISE);
        begin += pos;
      }
      assert.is(cache.length, 7);
    });
  check();
  const hooked = new Custom((context) => {
    context.hook("blocks.*.mixer.hook_conv", "fwd", (x: Tensor) => mul(x, 0.7));
    context.hook("blocks.0.hook_resid_post", "fwd", (x: Tensor) => mul(x, 1.5));
  }).prepare(model);
  check();
  hooked.dispose();
  tokens.dispose();
});

test("mamba generates with its states what it does without, padded left or not, and beams choose among them", async () => {
  using model = await mamba();
  const prompts = [
    [3, 5, 7, 2],
    [4, 9],
    [8, 8, 1],
  ];
  const all = await Promise.all(
    [...WAYS, { padLeft: true }, { padLeft: true, useCache: false }].map((way) =>
      generateRows(model, prompts, { ...way, maxNewTokens: 6 }),
    ),
  );
  for (const rows of all) assert.equal(rows, all[0]);
  const beams = await Promise.all(
    WAYS.map((way) => beamSearch(model, [3, 5], { ...way, beams: 3, maxNewTokens: 5 })),
  );
  assert.equal(
    beams[0]?.map(({ ids }) => ids),
    beams[1]?.map(({ ids }) => ids),
  );
});

test("a step of a cached generation computes one token", async () => {
  using model = await mamba();
  using hooked = new ActivationCaching("blocks.0.hook_resid_pre").prepare(model);
  const seen: (number | undefined)[] = [];
  for await (const { step } of generate(hooked, [[3, 5, 7]], { maxNewTokens: 3 }))
    seen.push(step, hooked.cache.get<Tensor>(["fwd", "blocks.0.hook_resid_pre"]).shape[1]);
  assert.equal(seen, [0, 3, 1, 1, 2, 1]);
});

test("caches of states refuse what they cannot serve, and a run that throws leaves them as they were", async () => {
  using model = await mamba();
  using other = await mamba();
  using cache = new StateCache(model);
  const [tokens, next, wide] = [ints([[3, 5]]), ints([[7]]), ints([[7], [7]])];
  const run = (of: StateSpaceModel, given: Tensor) => (): Tensor => of.withCache(cache, () => of.call(given));
  run(model, tokens)().dispose();
  const real = cast(next, "float32");
  const before = memory().numTensors;
  const code = (fn: () => unknown): string | undefined => failure(fn)[0];
  assert.is(code(run(other, next)), "CACHE_MODEL");
  assert.is(code(run(model, wide)), "CACHE_BATCH_SIZE");
  assert.is(
    code(() => cache.select([1])),
    "CACHE_OPTION",
  );
  assert.is(
    code(() => new StateCache({} as never)),
    "CACHE_MODEL",
  );
  assert.equal(
    failure(() => model.withCache({} as never, () => model.call(next))),
    [
      "CACHE_MODEL",
      "This cache of a transformer cannot be used here: it is none. Make one with new TransformerCache(model) for each model.",
    ],
  );
  assert.is(
    code(() => grad(() => sum(run(model, next)()))(real)),
    "CACHE_GRADIENTS",
  );
  const thrower = new Custom((context) => {
    context.hook("blocks.1.hook_resid_pre", "fwd", () => {
      throw new Error("no");
    });
  }).prepare(model);
  assert.match(failure(() => model.withCache(cache, () => thrower.call(next)))[1] ?? "", "threw Error: no");
  thrower.dispose();
  assert.is(cache.length, 2);
  assert.is(memory().numTensors, before);
  const whole = ints([[3, 5, 7]]);
  tidy(() => assert.ok(gap(run(model, next)(), slice(model.call(whole), [0, 2, 0], [1, 1, -1])) < NOISE));
  cache.dispose();
  assert.is(code(run(model, next)), "CACHE_DISPOSED");
  for (const each of [tokens, next, wide, whole, real]) each.dispose();
});

test("an encoder's cache that an error ended is empty again", async () => {
  using model = randomModel<EncoderDecoder>({
    model_type: "bart",
    d_model: 8,
    vocab_size: 7,
    encoder_layers: 1,
    decoder_layers: 1,
    encoder_attention_heads: 2,
    decoder_attention_heads: 2,
    encoder_ffn_dim: 12,
    decoder_ffn_dim: 12,
    max_position_embeddings: 9,
  });
  using cache = new TransformerCache(model);
  const [source, decoderTokens] = [ints([[3, 5]]), ints([[1]])];
  const before = memory().numTensors;
  const thrower = new Custom((context) => {
    context.hook("unembed.hook_in", "fwd", () => {
      throw new Error("no");
    });
  }).prepare(model);
  failure(() => model.withCache(cache, () => thrower.call(source, { decoderTokens })));
  thrower.dispose();
  assert.is(memory().numTensors, before);
  assert.is(cache.length, 0);
  tidy(() => {
    const want = model.call(source, { decoderTokens });
    assert.ok(
      gap(
        model.withCache(cache, () => model.call(source, { decoderTokens })),
        want,
      ) < NOISE,
    );
  });
  cache.dispose();
  for (const each of [source, decoderTokens]) each.dispose();
});

test.run();
