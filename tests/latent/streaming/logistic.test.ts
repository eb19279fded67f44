import { fitStream, LogisticRegression, StreamingLogistic, type StreamProgress } from "@hookdict/latent";
import { randomNormal, slice, type Tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("logistic probes over a stream");

const kept: Tensor[] = [];
const give = <T extends Tensor>(x: T): T => (kept.push(x), x);
test.after.each(() => {
  for (const x of kept.splice(0)) x.dispose();
});

/** 60 rows, whose labels follow their first value and, in part, chance; in batches of 25. */
function data(): { x: Tensor; y: Tensor; batches: { x: Tensor; y: Tensor }[] } {
  const x = give(randomNormal([60, 4], 0, 1, "float32", 5));
  const values = x.dataSync();
  const y = give(
    tensor1d(
      Array.from({ length: 60 }, (_, row) => Number((values[4 * row] ?? 0) + Math.sin(9 * row) > 0)),
      "int32",
    ),
  );
  const batches = [0, 25, 50].map((first) => ({
    x: give(slice(x, [first, 0], [Math.min(25, 60 - first), 4])),
    y: give(slice(y, [first], [Math.min(25, 60 - first)])),
  }));
  return { x, y, batches };
}

function far(a: StreamingLogistic, b: { readonly coefficients: StreamingLogistic["coefficients"] }): number {
  const flat = ({ coefficients: { coef, intercept } }: typeof b): number[] => [...coef.flat(), ...intercept];
  const other = flat(b);
  return Math.max(...flat(a).map((value, at) => Math.abs(value - (other[at] ?? Number.NaN))));
}

test("passes over batches reach the optimum of all rows together", async () => {
  const { x, y, batches } = data();
  for (const C of [0.1, 1, 100]) {
    const whole = await new LogisticRegression({ C }).fit(x, y);
    const events: StreamProgress[] = [];
    const probe = new StreamingLogistic({ C });
    await fitStream(probe, () => batches, { passes: 30, onProgress: (event) => events.push(event) });
    assert.ok(probe.isConverged);
    assert.ok(far(probe, whole) < 1e-4, `C = ${C}: ${far(probe, whole)}`);
    assert.equal(events[3], { batches: 1, rows: 85, pass: 1 });
    assert.ok(events.length < 3 * 12, `${events.length} batches`); // a dozen passes at the most
  }
});

test("what goes on from a state, in the middle of a pass, ends where the other does", async () => {
  const { batches } = data();
  const straight = await fitStream(new StreamingLogistic(), () => batches, { passes: 3 });
  const first = await fitStream(new StreamingLogistic(), () => batches, { passes: 1 });
  const [one, ...rest] = batches;
  await first.update(one?.x as Tensor, one?.y as Tensor);
  using state = first.state();
  const second = new StreamingLogistic();
  await second.restore(state);
  await fitStream(second, rest);
  await fitStream(second, () => batches);
  assert.is(second.rows, 180);
  assert.equal(second.coefficients, straight.coefficients);
});

test("labels of other names, and a step that goes too far", async () => {
  const x = give(tensor2d([[100], [101], [103], [110]]));
  const y = give(tensor1d([-2, -2, 7, 7]));
  const probe = await fitStream(new StreamingLogistic({ C: 1000, labels: [-2, 7] }), () => [{ x, y }], {
    passes: 60,
  });
  const whole = await new LogisticRegression({ C: 1000 }).fit(x, y);
  const [[slope = 0] = []] = whole.coefficients.coef;
  assert.ok(
    Math.abs((probe.coefficients.coef[0]?.[0] ?? 0) / slope - 1) < 1e-2,
    JSON.stringify([probe.coefficients.coef, slope]),
  );
});

test("what cannot be fitted is refused", async () => {
  const { x, batches } = data();
  const wrong = give(tensor1d(Array<number>(60).fill(3)));
  assert.equal(await asyncFailure(new StreamingLogistic().update(x, wrong)), [
    "LABELS_INVALID",
    "StreamingLogistic got labels with the value 3. Give 0 or 1 for each row.",
  ]);
  assert.equal(
    failure(() => new StreamingLogistic().coefficients),
    [
      "STREAM_EMPTY",
      "StreamingLogistic has not seen a whole pass. Give it batches first: await fitStream(estimator, batches).",
    ],
  );
  assert.is(
    (await asyncFailure(fitStream(new StreamingLogistic(), batches, { passes: 2 })))[0],
    "ARGUMENT_INVALID",
  );
  const probe = await fitStream(new StreamingLogistic(), batches);
  const narrow = give(tensor2d([[1], [2]]));
  assert.is((await asyncFailure(probe.update(narrow, give(tensor1d([0, 1])))))[0], "COLUMNS_DIFFER");
  using state = probe.state();
  state.delete("slope");
  assert.equal(await asyncFailure(new StreamingLogistic().restore(state)), [
    "STREAM_STATE",
    "StreamingLogistic cannot go on from this state: it has no slope. Restore what state() of an estimator of the same class and options has given.",
  ]);
  for (const options of [{ C: 0 }, { labels: [1, 1] as const }, { tolerance: 1 }])
    assert.is(failure(() => new StreamingLogistic(options))[0], "OPTION_INVALID");
});

test.run();
