import { loadModel, type Transformer, TransformerCache } from "@hookdict/models";
import {
  abs,
  clone,
  concat,
  gather,
  max,
  memory,
  slice,
  sub,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { familyFolder } from "../families/variants.ts";
import { ints } from "./families.ts";

const test = suite("prefixes of caches");

/** Sums in another order. */
const NOISE = 2e-4;

const gap = (a: Tensor, b: Tensor): number => tidy(() => max(abs(sub(a, b))).dataSync()[0] ?? Number.NaN);

/** Runs both prompts, and gives a cache of them and the logits. */
function stored(
  model: Transformer,
  rows: number[][],
): { cache: TransformerCache; tokens: Tensor; logits: Tensor } {
  const tokens = ints(rows);
  const cache = new TransformerCache(model);
  return { cache, tokens, logits: model.withCache(cache, () => model.call(tokens)) };
}

for (const family of ["gpt2", "llama", "gemma2", "mistral", "bloom"]) {
  test(`${family}: runs that go on from a prefix give what whole runs do, from tokens and from streams`, async () => {
    using model = await loadModel(familyFolder(family));
    const { cache, tokens, logits } = stored(model, [
      [3, 5, 7, 2, 9, 4],
      [1, 1, 8, 2, 6, 5],
    ]);
    const chosen = [1, 0, 1];
    for (const columns of [0, 1, 4]) {
      using prefix = cache.prefix(columns, chosen);
      assert.equal([prefix.length, prefix.batch], [columns, 3]);
      const ends = tidy(() => {
        const whole = slice(gather(logits, chosen), [0, columns, 0], [-1, -1, -1]);
        const rest = slice(gather(tokens, chosen), [0, columns], [-1, -1]);
        const stream = model.call(gather(tokens, chosen), { stopAtLayer: 1 });
        const later = slice(stream, [0, columns, 0], [-1, -1, -1]);
        // As often as one likes: nothing is stored.
        return [0, 1].flatMap(() => [
          gap(model.call(rest, { prefix }), whole),
          gap(model.call(later, { prefix, startAtLayer: 1 }), whole),
        ]);
      });
      assert.ok(ends.every((each) => each < NOISE), `${columns}: ${ends.join(" ")}`); // prettier-ignore
    }
    assert.is(cache.length, 6);
    for (const each of [cache, tokens, logits]) each.dispose();
  });
}

test("rows that go on may be chosen anew", async () => {
  using model = await loadModel(familyFolder("llama"));
  const { cache, tokens, logits } = stored(model, [
    [3, 5, 7, 2],
    [1, 1, 8, 2],
  ]);
  using prefix = cache.prefix(2, [0]);
  for (const rows of [[1], [1, 0, 1]]) {
    prefix.choose(rows);
    assert.is(prefix.batch, rows.length);
    const end = tidy(() => {
      const rest = slice(gather(tokens, rows), [0, 2], [-1, -1]);
      return gap(model.call(rest, { prefix }), slice(gather(logits, rows), [0, 2, 0], [-1, -1, -1]));
    });
    assert.ok(end < NOISE, String(end));
  }
  assert.equal(failure(() => prefix.choose([2])), ["CACHE_OPTION", '"row" of a cache is 2; it must be one of the 2 rows.']); // prettier-ignore
  assert.is(prefix.batch, 3);
  for (const each of [cache, tokens, logits]) each.dispose();
});

test("a prefix outlives what its cache does later, and frees what it holds", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const { cache, tokens, logits } = stored(model, [[3, 5, 7, 2]]);
  const before = memory().numTensors;
  const prefix = cache.prefix(2, [0]);
  cache.clear();
  const rest = tidy(() => clone(slice(tokens, [0, 2], [-1, -1])));
  const got = model.call(rest, { prefix });
  assert.ok(tidy(() => gap(got, slice(logits, [0, 2, 0], [-1, -1, -1]))) < NOISE);
  got.dispose();
  prefix.dispose();
  prefix.dispose();
  assert.equal(failure(() => model.call(rest, { prefix })), [
    "CACHE_DISPOSED",
    "This cache was disposed, and its keys and values with it. Call it inside the scope of its `using`.",
  ]); // prettier-ignore
  rest.dispose();
  assert.is(memory().numTensors, before - 2 * model.blocks.length);
  for (const each of [cache, tokens, logits]) each.dispose();
});

test("padding stands where it stood", async () => {
  using model = await loadModel(familyFolder("llama"));
  const tokens = ints([
    [0, 0, 7, 2, 9],
    [1, 4, 8, 2, 6],
  ]);
  const attentionMask = ints([
    [0, 0, 1, 1, 1],
    [1, 1, 1, 1, 1],
  ]);
  using cache = new TransformerCache(model);
  const whole = model.withCache(cache, () => model.call(tokens, { attentionMask }));
  using prefix = cache.prefix(3, [0, 1]);
  tidy(() => {
    const got = model.call(slice(tokens, [0, 3], [-1, -1]), { prefix });
    assert.ok(gap(got, slice(whole, [0, 3, 0], [-1, -1, -1])) < NOISE);
  });
  for (const each of [tokens, attentionMask, whole]) each.dispose();
});

test("what a prefix cannot be is said", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  using other = await loadModel(familyFolder("gpt2"));
  const { cache, tokens, logits } = stored(model, [[3, 5, 7, 2]]);
  assert.equal(failure(() => cache.prefix(5, [0])), ["CACHE_OPTION", '"columns" of a cache is 5; it must be a whole number from 0 to 4.']); // prettier-ignore
  assert.equal(failure(() => cache.prefix(2, [1])), ["CACHE_OPTION", '"row" of a cache is 1; it must be one of the 1 rows.']); // prettier-ignore
  using prefix = cache.prefix(2, [0]);
  const two = tidy(() => concat([tokens, tokens], 0));
  assert.is(failure(() => model.call(two, { prefix }))[0], "CACHE_BATCH_SIZE");
  assert.equal(
    failure(() => other.call(tokens, { prefix })),
    [
      "CACHE_MODEL",
      "This cache of a transformer cannot be used here: it belongs to the model that it was made for. Make one with new TransformerCache(model) for each model.",
    ],
  );
  assert.is(failure(() => model.call(tokens, { prefix: 3 as never }))[0], "CACHE_MODEL");
  using upper = new TransformerCache(model);
  const stream = model.call(tokens, { stopAtLayer: 1 });
  model.withCache(upper, () => model.call(stream, { startAtLayer: 1 })).dispose();
  using late = upper.prefix(2, [0]);
  assert.equal(
    failure(() => model.call(tokens, { prefix: late })),
    [
      "CACHE_LAYER",
      "blocks.0.attn did not store keys and values of all 2 earlier tokens. Run the same layers in every run with a cache, and bypass the same ones; or clear the cache and compute all tokens again.",
    ],
  );
  for (const each of [cache, tokens, logits, two, stream]) each.dispose();
});

test("a window that forgot what a prefix needs says so", async () => {
  using model = await loadModel(familyFolder("mistral"));
  const { cache, tokens, logits } = stored(model, [[3, 5, 7, 2, 9, 4]]);
  const more = ints([[6, 1, 2, 3, 4, 5]]);
  model.withCache(cache, () => model.call(more)).dispose();
  const [code, message] = failure(() => cache.prefix(2, [0]));
  assert.is(code, "CACHE_LAYER");
  assert.match(message, /^blocks\.0\.attn did not store keys and values of all 2 earlier tokens\./);
  for (const each of [cache, tokens, logits, more]) each.dispose();
});

test.run();
