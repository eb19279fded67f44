import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { assert, suite } from "../gate/suite.ts";
import { takeOne } from "../support/values.ts";
import { firstFarOff, ioiTiny, metric, openReference, referenceCases, TOLERANCE } from "./ioi-tiny.ts";

const test = suite("GPT2 against TransformerLens");

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

  test(`prompt ${index}: the metric has the reference's value on both prompts`, async () => {
    using model = await GPT2.fromPretrained(ioiTiny);
    const [clean, corrupt] = [model.tokens(example.clean), model.tokens(example.corrupt)];
    const got = [clean, corrupt].map((tokens) => takeOne(metric(model, model.call(tokens), example)));
    const want = [example.clean_metric, example.corrupt_metric];
    assert.is(firstFarOff(Float32Array.from(got), Float32Array.from(want), TOLERANCE), undefined);
    clean.dispose();
    corrupt.dispose();
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

test("every value of the reference is compared here or among the patch tables", async () => {
  await using reference = await openReference();
  const compared = referenceCases.flatMap(({ names }, index) => [
    `${index}/logits`,
    ...names.flatMap((name) => [`${index}/fwd/${name}`, `${index}/bwd/${name}`]),
  ]);
  const stored = [...reference.entries.keys()].filter((key) => !key.includes("/patch/"));
  assert.equal(stored.sort(), compared.sort());
});

test.run();
