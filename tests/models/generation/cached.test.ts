import { type HookSpec, Interventions } from "@hookdict/contexts";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { beamSearch, generate, generateRows, type Transformer, TransformerCache } from "@hookdict/models";
import { TensorDict } from "@hookdict/tensordict";
import { add, mul, ones, slice, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { Custom } from "../../support/custom.ts";
import { decoder, decoders, ints, rowsOf } from "./families.ts";

const test = suite("generation with a cache");

// Sums in another order: as much as the references allow.
const NOISE = 2e-4;

/** How far logits of real tokens are apart at most, when pieces of rows are computed one after the other. */
function distance(
  model: Transformer,
  { call }: { call: Transformer["call"] },
  { input_ids, attention_mask }: ReturnType<typeof rowsOf>,
  pieces: readonly number[],
): number {
  return tidy(() => {
    const [tokens, mask] = [ints(input_ids), ints(attention_mask)];
    const whole = call(tokens, { attentionMask: mask });
    using cache = new TransformerCache(model);
    let worst = 0;
    for (const pos of pieces) {
      const begin = cache.length;
      const part = <T extends Tensor>(of: T): T => slice(of, [0, begin], [-1, pos]);
      const run = (): Tensor => call(part(tokens), { attentionMask: part(mask) });
      const got = model.withCache(cache, run).arraySync() as number[][][];
      const want = slice(whole, [0, begin, 0], [-1, pos, -1]).arraySync();
      for (const [row, line] of want.entries())
        for (const [at, logits] of line.entries())
          if (attention_mask[row]?.[begin + at] === 1)
            for (const [id, logit] of logits.entries())
              worst = Math.max(worst, Math.abs((got[row]?.[at]?.[id] ?? Number.NaN) - logit));
    }
    return worst;
  });
}

/** Changes values in several places of every layer. */
const changing = new Custom((context) => {
  context.hook("blocks.*.attn.hook_v", "fwd", (v: Tensor) => mul(v, 0.5));
  context.hook("blocks.*.attn.hook_k", "fwd", (k: Tensor) => add(k, 0.1));
  context.hook("blocks.0.hook_resid_post", "fwd", (x: Tensor) => mul(x, 1.5));
});

test("every decoder gives in pieces what it gives as a whole, rows padded on the left", async () => {
  assert.ok(decoders.length >= 43, "all variants were found");
  for (const name of decoders) {
    using model = await decoder(name);
    const rows = rowsOf(name);
    const worst = distance(model, { call: (...args) => model.call(...args) }, rows, [9, 1, 1, 2, 3]);
    assert.ok(worst < NOISE, `${name}: ${worst}`);
  }
});

test("so does every decoder under hooks that change values", async () => {
  for (const name of decoders) {
    using model = await decoder(name);
    using hooked = changing.prepare(model);
    const rows = rowsOf(name);
    const call: Transformer["call"] = (...args) => hooked.call(...args);
    const worst = distance(model, { call }, rows, [7, 1, 4, 1, 3]);
    assert.ok(worst < NOISE, `${name}: ${worst}`);
  }
});

test("what a spec adds at positions acts in the step that computes them, with a cache and without", async () => {
  using model = await decoder("gpt2");
  const { dModel } = model.config;
  const values = Array.from({ length: 2 * dModel }, (_, i) => 40 * (((i * 7) % 5) - 2));
  const spec: HookSpec = {
    interventions: [
      {
        kind: "addAtPositions",
        at: "blocks.1.hook_resid_pre",
        positions: [1, 6],
        value: { shape: [2, dModel], values },
      },
    ],
  };
  const prompt = [3, 5, 7, 2];
  const plain = await generateRows(model, [prompt], { maxNewTokens: 5 });
  using hooked = new Interventions(spec).prepare(model);
  const [cached, whole] = [
    await generateRows(hooked, [prompt], { maxNewTokens: 5 }),
    await generateRows(hooked, [prompt], { maxNewTokens: 5, useCache: false }),
  ];
  assert.equal(cached, whole);
  assert.not.equal(cached, plain);
});

test("room grows, and windows slide, as far as a row goes", async () => {
  for (const name of ["llama", "mistral", "gemma2"]) {
    using model = await decoder(name);
    const { input_ids } = rowsOf(name);
    const long = input_ids.map((row) => [...row, ...row, ...row, ...row].slice(0, 60));
    const rows = { input_ids: long, attention_mask: long.map((row) => row.map(() => 1)) };
    const pieces = [3, ...Array.from({ length: 47 }, () => 1), 10];
    const worst = distance(model, { call: (...args) => model.call(...args) }, rows, pieces);
    assert.ok(worst < NOISE, `${name}: ${worst}`);
  }
});

test("steps after the first compute one token", async () => {
  using model = await decoder("llama");
  const seen: unknown[] = [];
  using hooked = new Custom((context) => {
    context.hook("blocks.0.attn.hook_pattern", "fwd", (x: Tensor, { step, firstPosition }) => {
      seen.push([step, firstPosition, x.shape.slice(2)]);
    });
  }).prepare(model);
  await generateRows(hooked, [[1, 2, 3, 4]], { maxNewTokens: 3 });
  assert.equal(seen, [
    [0, 0, [4, 4]],
    [1, 4, [1, 5]],
    [2, 5, [1, 6]],
  ]);
});

test("without a cache every step computes all tokens", async () => {
  using model = await decoder("llama");
  const seen: unknown[] = [];
  using hooked = new Custom((context) => {
    context.hook("blocks.0.hook_resid_pre", "fwd", (x: Tensor, { step, firstPosition }) => {
      seen.push([step, firstPosition, x.shape[1]]);
    });
  }).prepare(model);
  await generateRows(hooked, [[1, 2, 3, 4]], { maxNewTokens: 2, useCache: false });
  assert.equal(seen, [
    [0, 0, 4],
    [1, 0, 5],
  ]);
});

test("rows of unequal prompts that end at different steps are what each is alone", async () => {
  for (const name of ["llama", "mistral", "bloom"]) {
    using model = await decoder(name);
    const prompts = [
      [1, 2, 3, 4],
      [5, 6],
      [7, 8, 9, 10],
      [11, 12],
    ];
    const free = await generateRows(model, prompts, { maxNewTokens: 4 });
    const options = { maxNewTokens: 9, stopTokens: [free[0]?.[5] ?? 0, free[1]?.[4] ?? 0] };
    const alone = [];
    for (const prompt of prompts) alone.push(...(await generateRows(model, [prompt], options)));
    assert.equal(await generateRows(model, prompts, options), alone, name);
    assert.equal(await generateRows(model, prompts, { ...options, padLeft: true }), alone, name);
    assert.equal(await generateRows(model, prompts, { ...options, useCache: false }), alone, name);
  }
});

test("prompts of unequal lengths are passes of one run: captures of all are there after a step", async () => {
  using model = await decoder("llama");
  const path = "blocks.0.hook_resid_pre";
  using hooked = new ActivationCaching(path).prepare(model);
  const seen: unknown[] = [];
  for await (const { step } of generate(
    hooked,
    [
      [1, 2, 3],
      [4, 5],
      [6, 7, 8],
    ],
    { maxNewTokens: 2 },
  )) {
    const shapes = [path, `${path}#1`].map((key) => hooked.cache.get<Tensor>(["fwd", key]).shape.slice(0, 2));
    seen.push([step, ...shapes]);
  }
  assert.equal(seen, [
    [0, [2, 3], [1, 2]],
    [1, [2, 1], [1, 1]],
  ]);
});

test("beams are the same with a cache and without", async () => {
  for (const name of ["llama", "mistral"]) {
    using model = await decoder(name);
    const options = { beams: 3, maxNewTokens: 8 };
    const [cached, plain] = [
      await beamSearch(model, [1, 2, 3, 4, 5, 6, 7], options),
      await beamSearch(model, [1, 2, 3, 4, 5, 6, 7], { ...options, useCache: false }),
    ];
    assert.equal(
      cached.map(({ ids }) => ids),
      plain.map(({ ids }) => ids),
      name,
    );
  }
});

test("where angles depend on the length, everything is computed again", async () => {
  for (const name of ["llama-dynamic", "phi3", "phi3-partial"]) {
    using model = await decoder(name);
    const prompt = rowsOf("phi3", "long").input_ids[0]?.slice(0, 28) ?? [];
    const cached = await generateRows(model, [prompt], { maxNewTokens: 10 });
    assert.equal(cached, await generateRows(model, [prompt], { maxNewTokens: 10, useCache: false }), name);
  }
});

/** Lengths that a generation of 8 tokens after 28 computes. */
async function lengthsOf(name: string): Promise<number[]> {
  using model = await decoder(name);
  const lengths: number[] = [];
  using hooked = new Custom((context) => {
    context.hook("blocks.0.hook_resid_pre", "fwd", (x: Tensor) => {
      lengths.push(x.shape[1] ?? 0);
    });
  }).prepare(model);
  const prompt = Array.from({ length: 28 }, (_, i) => i + 1);
  await generateRows(hooked, [prompt], { maxNewTokens: 8 });
  return lengths;
}

test("longrope is computed again once, where it changes its factors, dynamic scaling at every step from there", async () => {
  assert.equal(await lengthsOf("phi3"), [28, 1, 1, 1, 1, 33, 1, 1]);
  assert.equal(await lengthsOf("llama-dynamic"), [28, 1, 1, 1, 1, 33, 34, 35]);
});

test("a patch at a position acts in the step that computes the position, and in no other", async () => {
  using model = await decoder("llama");
  const path = "blocks.0.hook_resid_post";
  const { dModel } = model.config;
  // A source of nothing but ones, as long as the whole row becomes.
  using source = new TensorDict({ fwd: new TensorDict({ [path]: ones([1, 9, dModel]) }) });
  for (const position of [2, 5, 7]) {
    const changed: unknown[] = [];
    using patched = new ActivationPatching(path, { source, positions: position }).prepare(model);
    using watched = new Custom((context) => {
      context.hook("blocks.1.hook_resid_pre", "fwd", (x: Tensor, { firstPosition }) => {
        const rows = (x.arraySync() as number[][][])[0] ?? [];
        for (const [at, row] of rows.entries())
          if (row.every((value) => value === 1)) changed.push(firstPosition + at);
      });
    }).prepare(model);
    const cached = await generateRows(patched, [[1, 2, 3, 4]], { maxNewTokens: 5 });
    assert.equal(changed, [position]);
    const plain = await generateRows(patched, [[1, 2, 3, 4]], { maxNewTokens: 5, useCache: false });
    assert.equal(cached, plain);
    assert.is(watched.unfired.length, 0);
  }
});

test("a run that throws leaves a cache as it was", async () => {
  using model = await decoder("mistral");
  using cache = new TransformerCache(model);
  const next = tensor2d([9], [1, 1], "int32");
  const first = ints([[1, 2, 3, 4, 5, 6, 7, 8]]);
  model.withCache(cache, () => model.call(first)).dispose();
  const failing = new Custom((context) => {
    context.hook("blocks.1.hook_resid_pre", "fwd", () => {
      throw new Error("no");
    });
  }).prepare(model);
  assert.throws(() => model.withCache(cache, () => failing.call(next)), "no");
  failing.dispose();
  assert.is(cache.length, 8);
  const whole = ints([[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  const [got, all] = [model.withCache(cache, () => model.call(next)), model.call(whole)];
  const want = slice(all, [0, 8, 0], [1, 1, -1]);
  const wanted = want.dataSync();
  assert.ok(got.dataSync().every((logit: number, i: number) => Math.abs(logit - (wanted[i] ?? 0)) < NOISE));
  for (const each of [next, first, whole, got, all, want]) each.dispose();
});

test("leaving the loop frees the cache", async () => {
  using model = await decoder("llama");
  for await (const { step } of generate(model, [[1, 2, 3]], { maxNewTokens: 9 })) if (step === 2) break;
});

test.run();
