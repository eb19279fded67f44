import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { slice, sub, sum, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { firstFarOff, ioiTiny, openReference, referenceCases, type ReferenceCase } from "./ioi-tiny.ts";

const test = suite("GPT2 against TransformerLens");

const logitAt = (logits: Tensor, token: number): Tensor => {
  const [, pos = 1] = logits.shape;
  return sum(slice(logits, [0, pos - 1, token], [1, 1, 1]));
};

const metric = (model: GPT2, logits: Tensor, { right, wrong }: ReferenceCase): Scalar =>
  sub(logitAt(logits, model.singleToken(right)), logitAt(logits, model.singleToken(wrong)));

for (const [index, example] of referenceCases.entries()) {
  test(`prompt ${index}: the text becomes the reference's tokens`, async () => {
    using model = await GPT2.fromPretrained(ioiTiny);
    assert.equal(model.tokenIds(example.clean), example.clean_ids);
    assert.equal(model.tokenIds(example.corrupt), example.corrupt_ids);
  });

  test(`prompt ${index}: every activation has the reference's value, in the reference's order`, async () => {
    using model = await GPT2.fromPretrained(ioiTiny);
    await using reference = await openReference();
    using hooked = new ActivationCaching("**.hook_*").prepare(model);
    const tokens = model.tokens(example.clean);
    hooked.call(tokens).dispose();
    tokens.dispose();
    const names = [...hooked.cache.keys({ nested: true, leavesOnly: true })].map(([, path]) => path ?? "");
    // ln1 runs three times, for queries, keys and values: `path#1` and `path#2` are the latter.
    assert.equal(
      names.filter((name) => !name.includes("#")),
      example.names,
    );
    for (const name of example.names) {
      const want = await reference.read(`${index}/fwd/${name}`);
      const got = hooked.cache.get(["fwd", name]);
      assert.equal(got.shape, want.shape, name);
      assert.is(firstFarOff((await got.data()) as Float32Array, want.data), undefined, name);
    }
  });

  test(`prompt ${index}: the logits have the reference's values`, async () => {
    using model = await GPT2.fromPretrained(ioiTiny);
    await using reference = await openReference();
    const tokens = model.tokens(example.clean);
    const logits = model.call(tokens);
    const want = await reference.read(`${index}/logits`);
    assert.equal(logits.shape, want.shape);
    assert.is(firstFarOff((await logits.data()) as Float32Array, want.data), undefined);
    logits.dispose();
    tokens.dispose();
  });

  test(`prompt ${index}: every gradient of the metric has the reference's value`, async () => {
    using model = await GPT2.fromPretrained(ioiTiny);
    await using reference = await openReference();
    using hooked = new ActivationCaching("**.hook_*", { directions: ["bwd"] }).prepare(model);
    const tokens = model.tokens(example.corrupt);
    hooked.backward(() => metric(model, hooked.call(tokens), example));
    tokens.dispose();
    for (const name of example.names) {
      const want = await reference.read(`${index}/bwd/${name}`);
      const got = hooked.cache.get(["bwd", name]);
      assert.equal(got.shape, want.shape, name);
      assert.is(firstFarOff((await got.data()) as Float32Array, want.data), undefined, name);
    }
  });
}

test.run();
