import { leakFree, leakFreeAsync } from "@hookdict/core/testing";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("leakFree");

test("the result of a function that leaves no tensor behind is handed through", async () => {
  const read = (): number => {
    const x = scalar(3);
    const [value = 0] = x.dataSync();
    x.dispose();
    return value;
  };
  assert.is(leakFree(read), 3);
  assert.is(await leakFreeAsync(() => Promise.resolve(read())), 3);
});

test("tensors left behind are counted, also those of the result", async () => {
  const kept: Tensor[] = [];
  const [code, message] = failure(() => leakFree(() => kept.push(scalar(1), scalar(2))));
  assert.is(code, "TENSORS_LEAKED");
  assert.match(
    message,
    /^The function left 2 tensors behind: (\d+) before, (\d+) after\. Dispose what it makes; what it returns counts as left behind\.$/,
  );
  assert.match(
    (await rejected(leakFreeAsync(() => Promise.resolve(void kept.push(scalar(3)))))).message,
    /^The function left 1 tensor behind:/,
  );
  for (const tensor of kept) tensor.dispose();
});

test("freeing what is somebody else's is told as well", () => {
  const borrowed = scalar(1);
  assert.match(
    failure(() => leakFree(() => borrowed.dispose()))[1],
    /^The function freed 1 tensor that it had not made: .* Borrowed tensors stay with their owner\.$/,
  );
});

test("an exception passes through", () => {
  const error = new RangeError("mine");
  assert.equal(
    failure(() =>
      leakFree(() => {
        throw error;
      }),
    ),
    ["RangeError", "mine"],
  );
});

test("a promise is refused, whatever becomes of it", async () => {
  assert.equal(
    failure(() => leakFree(() => Promise.reject(new Error("later")))),
    [
      "LEAK_FREE_ASYNC",
      "leakFree was given a function that returns a promise, and would count before it is done. Use await leakFreeAsync(fn).",
    ],
  );
  assert.equal(await asyncFailure(leakFreeAsync(() => Promise.reject(new TypeError("no")))), [
    "TypeError",
    "no",
  ]);
});

test.run();
