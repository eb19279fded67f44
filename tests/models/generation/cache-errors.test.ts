import { generateRows, loadModel, TransformerCache } from "@hookdict/models";
import type { HookdictError } from "@hookdict/tensordict";
import { grad, sum, type Tensor, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { decoder, ints } from "./families.ts";

const test = suite("errors of caches of transformers");

/** Code and message of what `fn` throws. */
function fault(fn: () => unknown): [string, string] {
  const { code, message } = thrown(fn) as HookdictError;
  return [code, message];
}

test("a cache serves the model that it was made for", async () => {
  using model = await decoder("llama");
  using other = await decoder("llama");
  using encoder = await loadModel(new URL("../../reference/models/families/bert/", import.meta.url));
  using cache = new TransformerCache(model);
  const tokens = ints([[1, 2]]);
  assert.equal(
    fault(() => other.withCache(cache, () => other.call(tokens))),
    [
      "CACHE_MODEL",
      "This cache of a transformer cannot be used here: it belongs to the model that it was made for. " +
        "Make one with new TransformerCache(model) for each model.",
    ],
  );
  assert.equal(
    fault(() => new TransformerCache(encoder)),
    [
      "CACHE_MODEL",
      "This cache of a transformer cannot be used here: it is for decoders, and a bert model is none. " +
        "Make one with new TransformerCache(model) for each model.",
    ],
  );
  tokens.dispose();
});

test("tokens have the rows that the cache has", async () => {
  using model = await decoder("llama");
  using cache = new TransformerCache(model);
  const [two, one] = [ints([[1], [2]]), ints([[1]])];
  model.withCache(cache, () => model.call(two)).dispose();
  assert.equal(
    fault(() => model.withCache(cache, () => model.call(one))),
    [
      "CACHE_BATCH_SIZE",
      "The tokens have 1 rows; the cache holds 2. Give tokens for every row, or choose rows with cache.select(rows) first.",
    ],
  );
  cache.select([1]);
  model.withCache(cache, () => model.call(one)).dispose();
  assert.equal(
    fault(() => cache.select([1])),
    ["CACHE_OPTION", '"row" of a cache is 1; it must be one of the 1 rows.'],
  );
  for (const each of [one, two]) each.dispose();
});

test("a cache for nothing says what it is for", () => {
  for (const junk of [undefined, null, 3, {}])
    assert.equal(
      fault(() => new TransformerCache(junk as never)),
      [
        "CACHE_MODEL",
        "This cache of a transformer cannot be used here: it is made for a model, and was given none. " +
          "Make one with new TransformerCache(model) for each model.",
      ],
    );
});

test("angles of another length do not go with those stored", async () => {
  using model = await decoder("llama-dynamic");
  using cache = new TransformerCache(model);
  const [first, next] = [ints([Array.from({ length: 32 }, () => 1)]), ints([[2]])];
  model.withCache(cache, () => model.call(first)).dispose();
  assert.is(cache.canExtend(1), false);
  assert.equal(
    fault(() => model.withCache(cache, () => model.call(next))),
    [
      "CACHE_ANGLES",
      "After 32 stored tokens, 1 more change the angles of all: this model's scaling depends on the length. " +
        "Ask cache.canExtend(pos) first; where it says no, clear the cache and compute all tokens again.",
    ],
  );
  for (const each of [first, next]) each.dispose();
});

test("gradients do not go through a cache", async () => {
  using model = await decoder("llama");
  using cache = new TransformerCache(model);
  const tokens = ints([[1, 2]]);
  const x = tensor2d([1], [1, 1]);
  const loss = (): Tensor => sum(model.withCache(cache, () => model.call(tokens)));
  assert.equal(
    fault(() => grad(loss)(x)),
    [
      "CACHE_GRADIENTS",
      "A run with a cache was asked for gradients; what is stored has none. Run the model on all tokens, without a cache.",
    ],
  );
  for (const each of [tokens, x]) each.dispose();
});

test("a layer must have stored all earlier tokens", async () => {
  using model = await decoder("llama");
  using cache = new TransformerCache(model);
  const tokens = ints([[1, 2]]);
  model.withCache(cache, () => model.call(tokens, { stopAtLayer: 1 })).dispose();
  assert.equal(
    fault(() => model.withCache(cache, () => model.call(tokens))),
    [
      "CACHE_LAYER",
      "blocks.1.attn did not store keys and values of all 2 earlier tokens. Run the same layers in every run with a cache, " +
        "and bypass the same ones; or clear the cache and compute all tokens again.",
    ],
  );
  tokens.dispose();
});

test("a cache that was disposed, and a row beyond the context, are refused", async () => {
  using model = await decoder("gpt2");
  const cache = new TransformerCache(model);
  const { nPositions = 0 } = model.config;
  const [tokens, next] = [ints([Array.from({ length: nPositions }, () => 1)]), ints([[1]])];
  model.withCache(cache, () => model.call(tokens)).dispose();
  assert.equal(
    fault(() => model.withCache(cache, () => model.call(next))),
    [
      "TOKENS_TOO_LONG",
      `The tokens are ${nPositions + 1} long; the model has ${nPositions} positions. Shorten the text.`,
    ],
  );
  cache.dispose();
  assert.is(fault(() => model.withCache(cache, () => model.call(next)))[0], "CACHE_DISPOSED");
  for (const each of [tokens, next]) each.dispose();
});

test("padding is for models that take a mask, and options are booleans", async () => {
  const model = { call: (): Tensor => zeros([2, 2, 3]) };
  const message = async (options: object): Promise<string> =>
    (await rejected(generateRows(model, [[1], [1, 2]], options))).message;
  assert.is(
    await message({ padLeft: true }),
    '"padLeft" of a generation is true; it must be false, or not given, for models that take no mask.',
  );
  assert.is(await message({ useCache: 1 }), '"useCache" of a generation is 1; it must be a boolean.');
});

test.run();
