import { FeatureExamples, SparseDictionary, topExamples } from "@hookdict/latent";
import { TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { memoryDirectory } from "@hookdict/tensordict/io";
import { memory, randomUniform, type Tensor, tensor1d, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("examples of features");

/** The first value above 0, and how far it is below 0. */
const twoFeatures = (): SparseDictionary =>
  new SparseDictionary(
    { activation: "relu", dIn: 1, dSae: 2 },
    {
      wEnc: tensor2d([[1, -1]]),
      wDec: tensor2d([[1], [-1]]),
      bEnc: tensor1d([0, 0]),
      bDec: tensor1d([0]),
    },
  );

test("an example counts once, at its most active position, and the rest are not examples", async () => {
  using dictionary = twoFeatures();
  const first = tensor3d([1, 5, 4, -2, 0, 3], [3, 2, 1]);
  const second = tensor3d([4, 9], [1, 2, 1]);
  const found = await topExamples(dictionary, [first, second], { k: 3 });
  assert.equal(found.top(0), [
    { example: 3, position: 1, value: 9 },
    { example: 0, position: 1, value: 5 },
    { example: 1, position: 0, value: 4 },
  ]);
  assert.equal(found.top(1), [{ example: 1, position: 1, value: 2 }]);
  assert.is(found.examples, 4);
  assert.equal([...found.density], [6 / 8, 1 / 8]);
  for (const one of [first, second]) one.dispose();
});

test("what a mask leaves out counts nowhere", async () => {
  using dictionary = twoFeatures();
  const source = [
    new TensorDict({ x: tensor3d([1, 5], [1, 2, 1]), mask: tensor2d([[1, 0]]) }),
    new TensorDict({ x: tensor3d([2, 3], [1, 2, 1]) }),
  ];
  const found = await topExamples(dictionary, source);
  assert.equal(found.top(0), [
    { example: 1, position: 1, value: 3 },
    { example: 0, position: 0, value: 1 },
  ]);
  assert.equal([...found.density], [1, 0]);
});

test("batches of any size give what one batch gives; a state goes on", async () => {
  using dictionary = twoFeatures();
  const values = randomUniform([40, 3, 1], -1, 1, "float32", 3);
  const directory = memoryDirectory("memory");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 16 });
  const rows = new TensorDict({ fwd: { site: values } }, { batchSize: [40] });
  const whole = new FeatureExamples(dictionary, { k: 4 });
  await whole.update(values);
  await writer.append(rows);
  rows.dispose();
  await writer.close();
  const reader = await TensorDictReader.open(directory);
  const seen: number[] = [];
  const x = ["fwd", "site"];
  const found = await topExamples(dictionary, reader.batches(7), {
    k: 4,
    x,
    onProgress: ({ examples }) => seen.push(examples),
  });
  assert.equal(seen, [7, 14, 21, 28, 35, 40]);
  for (const feature of [0, 1]) assert.equal(found.top(feature), whole.top(feature));
  const controller = new AbortController();
  const half = await topExamples(dictionary, reader.batches(20), {
    k: 4,
    x,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  assert.is(half.examples, 20);
  using state = half.state();
  const next = new FeatureExamples(dictionary, { k: 4 });
  await next.restore(state);
  let at = 0;
  for await (const batch of reader.batches(20)) {
    if (at++ > 0) await next.update(batch.get<Tensor>(x));
    batch.dispose();
  }
  for (const feature of [0, 1]) assert.equal(next.top(feature), whole.top(feature));
  assert.equal([...next.density], [...whole.density]);
});

test("values, masks, features, states and streams that do not fit are refused, and change nothing", async () => {
  using dictionary = twoFeatures();
  const found = new FeatureExamples(dictionary, { k: 1 });
  const [wide, mask, right] = [tensor2d([[1, 2]]), tensor1d([1, 1]), tensor2d([[7]])];
  const { numTensors } = memory();
  assert.equal(await asyncFailure(found.update(wide)), [
    "ROWS_INVALID",
    "FeatureExamples got float32 [1, 2] as values of width 1. Give a tensor with one row for each example: [n, features] or [n, ...].",
  ]);
  for (const one of [right, mask])
    assert.is((await asyncFailure(found.update(one, mask)))[0], "ROWS_INVALID"); // a mask is no rows
  assert.is(found.examples, 0);
  assert.equal(
    failure(() => found.top(2)),
    ["ARGUMENT_INVALID", "FeatureExamples.top was given 2 as feature. Give a whole number from 0 to 1."],
  );
  using other = new FeatureExamples(dictionary, { k: 2 }).state();
  assert.equal(await asyncFailure(found.restore(other)), [
    "STREAM_STATE",
    "FeatureExamples cannot go on from this state: values has 4 values, not 2. Restore what state() of an estimator of the same class and options has given.",
  ]);
  other.dispose();
  assert.is((await asyncFailure(topExamples(dictionary, right as never)))[0], "ARGUMENT_INVALID");
  assert.match((await asyncFailure(topExamples(dictionary, [new TensorDict()])))[1], 'a TensorDict with "x"');
  assert.is(failure(() => new FeatureExamples(dictionary, { k: 0 }))[0], "OPTION_INVALID");
  assert.is((await asyncFailure(topExamples(dictionary, [], { keep: 1 } as never)))[0], "ARGUMENT_INVALID");
  assert.is(memory().numTensors, numTensors);
  for (const one of [wide, mask, right]) one.dispose();
});

test.run();
