import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  fitStream,
  LinearRegression,
  MeanDifference,
  STREAMING_ESTIMATORS,
  StreamingMeanDifference,
  StreamingRidge,
} from "@hookdict/latent";
import { TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { memoryDirectory } from "@hookdict/tensordict/io";
import { mul, randomNormal, slice, type Tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("fitting on streams");

const X = [
  [0, 1],
  [1, 3],
  [3, 0],
  [4, 2],
  [5, 5],
  [2, 7],
];
const Y = [0, 0, 1, 1, 1, 0];

async function* batches(sizes: readonly number[]): AsyncGenerator<TensorDict> {
  let from = 0;
  for (const size of sizes) {
    yield new TensorDict({
      x: tensor2d(X.slice(from, from + size)),
      y: tensor1d(Y.slice(from, from + size)),
    });
    from += size;
  }
}

const near = (a: readonly number[], b: readonly number[], by = 1e-6): void =>
  a.forEach((value, at) =>
    assert.ok(Math.abs(value - (b[at] ?? Number.NaN)) < by, `${a.join()} for ${b.join()}`),
  );

test("what is found is that of all rows together, whatever the batches", async () => {
  const [x, y] = [tensor2d(X), tensor1d(Y)];
  const whole = await new LinearRegression({ alpha: 1 }).fit(x, y);
  const means = await new MeanDifference().fit(x, y);
  for (const sizes of [[6], [1, 2, 3], [5, 1]]) {
    const ridge = await fitStream(new StreamingRidge(), batches(sizes));
    near(ridge.coefficients.coef[0] ?? [], whole.coefficients.coef[0] ?? []);
    near(ridge.coefficients.intercept, whole.coefficients.intercept);
    const difference = await fitStream(new StreamingMeanDifference(), batches(sizes));
    near(difference.coefficients.coef[0] ?? [], means.coefficients.coef[0] ?? []);
    near(difference.coefficients.intercept, means.coefficients.intercept);
  }
  x.dispose();
  y.dispose();
});

test("shards are read batch by batch, with progress", async () => {
  const directory = memoryDirectory("memory");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 5 });
  const rows = new TensorDict({ x: tensor2d(X), y: tensor1d(Y) }, { batchSize: [6] });
  await writer.append(rows);
  rows.dispose();
  await writer.close();
  const reader = await TensorDictReader.open(directory);
  const seen: number[] = [];
  const probe = await fitStream(new StreamingMeanDifference(), reader.batches(4), {
    onProgress: (event) => seen.push(event.rows),
  });
  assert.equal(seen, [4, 6]);
  assert.is(probe.rows, 6);
});

test("a state goes on where another one was stopped", async () => {
  for (const Made of STREAMING_ESTIMATORS) {
    const whole = await fitStream(new Made(), batches([3, 3]));
    const first = new Made();
    await fitStream(first, batches([3, 3]), {
      signal: {
        get aborted() {
          return first.rows >= 3;
        },
      },
    });
    assert.is(first.rows, 3);
    using state = first.state();
    const second = new Made();
    await second.restore(state);
    const [x, y] = [tensor2d(X.slice(3)), tensor1d(Y.slice(3))];
    await fitStream(second, [{ x, y }]);
    assert.equal(second.coefficients, whole.coefficients, Made.name);
    for (const one of [x, y]) one.dispose();
  }
});

test("a state keeps every bit, also of sums that float32 has no place for", async () => {
  const made = Array.from({ length: 6 }, (_, seed) => {
    const x = tidy(() => mul(randomNormal([20, 3], 0, 1, "float32", seed + 1), tensor1d([1, 1e-25, 1e22])));
    return { x, y: tensor1d(Array.from({ length: 20 }, (__, row) => row % 2)) };
  });
  for (const Made of [StreamingMeanDifference, StreamingRidge]) {
    const whole = await fitStream(new Made(), made);
    const first = await fitStream(new Made(), made.slice(0, 3));
    using state = first.state();
    const second = new Made();
    await second.restore(state);
    await fitStream(second, made.slice(3));
    using end = whole.state();
    using resumed = second.state();
    for (const key of end.keys())
      assert.equal(
        [...resumed.get<Tensor>([key]).dataSync()],
        [...end.get<Tensor>([key]).dataSync()],
        `${Made.name} ${key}`,
      );
  }
  for (const { x, y } of made) for (const one of [x, y]) one.dispose();
});

test("every file of streaming estimators is listed once", () => {
  const folder = fileURLToPath(new URL("../../../packages/latent/src/streaming", import.meta.url));
  const others = ["streaming.ts", "doubles.ts", "errors.ts", "estimators.ts", "fit-stream.ts"];
  assert.is(readdirSync(folder).filter((file) => !others.includes(file)).length, STREAMING_ESTIMATORS.length);
});

test("labels, rows and batches that do not fit are refused, and leave nothing", async () => {
  const [x, y, odd] = [tensor2d(X), tensor1d(Y), tensor1d([0, 0, 2, 1, 1, 0])];
  const few = slice(y as Tensor, [0], [4]);
  assert.is((await asyncFailure(fitStream(new StreamingRidge(), [{ x, y: few }])))[0], "ROWS_DIFFER");
  assert.equal(await asyncFailure(fitStream(new StreamingMeanDifference(), [{ x, y: odd }])), [
    "LABELS_INVALID",
    "StreamingMeanDifference got labels with the value 2. Give 0 or 1 for each row.",
  ]);
  assert.equal(await asyncFailure(fitStream(new StreamingRidge(), batches([3]), { y: "label" })), [
    "STREAM_BATCH",
    'Batch 0 of a stream is TensorDict. Give a TensorDict with "x" and "label".',
  ]);
  assert.is((await asyncFailure(fitStream(new StreamingRidge(), [{ x } as never])))[0], "STREAM_BATCH");
  assert.equal(
    failure(() => new StreamingMeanDifference().coefficients),
    [
      "STREAM_EMPTY",
      "StreamingMeanDifference has not seen rows of both classes. Give it batches first: await fitStream(estimator, batches).",
    ],
  );
  const one = await fitStream(new StreamingMeanDifference(), [{ x: x, y: few }].slice(1));
  assert.is(failure(() => one.state())[0], "STREAM_EMPTY");
  const flat = tensor2d([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  const labels = tensor1d([1, 2, 3]);
  const singular = await fitStream(new StreamingRidge({ alpha: 0 }), [{ x: flat, y: labels }]);
  assert.is(failure(() => singular.coefficients)[0], "SYSTEM_SINGULAR");
  using wrong = new TensorDict({ moments: tensor1d([1]) });
  assert.equal(await asyncFailure(new StreamingRidge().restore(wrong)), [
    "STREAM_STATE",
    "StreamingRidge cannot go on from this state: its moments are float32 [1]. Restore what state() of an estimator of the same class and options has given.",
  ]);
  for (const each of [x, y, odd, few, flat, labels]) each.dispose();
});

test.run();
