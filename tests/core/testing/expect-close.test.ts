import { CheckError, expectClose } from "@hookdict/core/testing";
import { scalar, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("expectClose");

test("values within atol + rtol × |expected| pass", () => {
  expectClose(scalarOf(100), 100 + 0.1 + 100 * 0.01 - 1e-4, { atol: 0.1, rtol: 0.01 });
  expectClose([1, 2], [1, 2]);
});

/** A number that has been through float32. */
function scalarOf(value: number): number {
  const tensor = scalar(value);
  const [read = Number.NaN] = tensor.dataSync();
  tensor.dispose();
  return read;
}

test("the message has the worst place, its values and the tolerance", () => {
  const actual = tensor2d([
    [1, 2],
    [3, 4.5],
  ]);
  const error = thrown(() =>
    expectClose(
      actual,
      [
        [1, 2.125],
        [3, 4],
      ],
      { rtol: 0, atol: 0.25 / 4 },
    ),
  );
  assert.instance(error, CheckError);
  assert.equal(
    failure(() => {
      throw error;
    }),
    [
      "VALUES_DIFFER",
      "2 of 4 values differ; the worst at [1, 1] is 4.5, not 4: off by 0.5, where 0.0625 is allowed. The tolerance is atol 0.0625 + rtol 0 × |expected|.",
    ],
  );
  actual.dispose();
});

test("a single number has no place", () => {
  assert.is(
    failure(() => expectClose(1, 2))[1],
    "1 of 1 values differ; the worst is 1, not 2: off by 1, where 0.000021 is allowed. The tolerance is atol 0.000001 + rtol 0.00001 × |expected|.",
  );
});

test("shapes are compared, but for typed arrays, which have none", () => {
  const actual = tensor2d([[1, 2]]);
  expectClose(actual, Float32Array.of(1, 2));
  assert.equal(
    failure(() => expectClose(actual, [1, 2])),
    ["SHAPES_DIFFER", "The shape is [1, 2], not [2]. Values are compared one by one, without broadcasting."],
  );
  assert.is(failure(() => expectClose(actual, Int32Array.of(1)))[0], "SHAPES_DIFFER");
  actual.dispose();
});

test("NaN equals NaN, infinities themselves and nothing else", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  expectClose([nan, inf, -inf], [nan, inf, -inf]);
  for (const [a, b] of [
    [nan, 0],
    [0, nan],
    [inf, 0],
    [0, inf],
    [inf, -inf],
  ] as const) {
    assert.is(failure(() => expectClose(a, b))[0], "VALUES_DIFFER", `${a} and ${b}`);
  }
});

test("ragged lists are refused", () => {
  assert.equal(
    failure(() => expectClose([[1], [2, 3]], [[1], [2, 3]])),
    [
      "VALUES_RAGGED",
      "Nested lists of numbers have different lengths at one level. Write the values as a tensor has them: [[1, 2], [3, 4]].",
    ],
  );
});

test.run();
