import { linearTransposed } from "@hookdict/models/ops";
import {
  dispose,
  gather,
  grad,
  matMul,
  mul,
  randomUniform,
  slice,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tidy,
  tile,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("gradients of an unembedding");

/** Just large enough that rows are looked at. */
const [ROWS, WIDTH, WORDS] = [2, 256, 2 ** 15];
/** The words that are looked at. */
const ASKED = [3, 20_000];

const some = (shape: [number, number], seed: number): Tensor2D =>
  randomUniform(shape, -1, 1, "float32", seed);

function withModel(run: (words: Tensor2D, x: Tensor2D) => void): void {
  const words = tidy(() => tile(some([64, WIDTH], 1), [WORDS / 64, 1]));
  const x = some([ROWS, WIDTH], 2);
  run(words, x);
  dispose([words, x]);
}

/** Squares of the logits of the words that are asked for, from a row on. */
const lossOf =
  (words: Tensor2D, from: number) =>
  (x: Tensor): Tensor => {
    const logits = linearTransposed(x, words);
    const rest = slice(logits, [from, 0], [ROWS - from, WORDS]);
    return sum(square(gather(rest, tensor1d(ASKED, "int32"), 1)));
  };

for (const from of [0, 1])
  test(`rows before ${from} get nothing, all others what they are due`, () =>
    withModel((words, x) =>
      tidy(() => {
        const found = grad(lossOf(words, from))(x).dataSync();
        const asked = gather(words, tensor1d(ASKED, "int32"));
        const due = matMul(matMul(x, asked, false, true), mul(asked, 2)).dataSync();
        for (const [i, each] of found.entries())
          assert.ok(Math.abs(each - (i < from * WIDTH ? 0 : (due[i] ?? NaN))) < 1e-3); // float32
      }),
    ));

test("where nothing is asked for, all rows get nothing", () =>
  withModel((words, x) =>
    tidy(() => {
      const found = grad((each) => mul(lossOf(words, 1)(each), 0))(x).dataSync();
      assert.ok(found.every((each) => each === 0));
    }),
  ));

test("second derivatives go through all rows", () =>
  withModel((words, x) =>
    tidy(() => {
      const slope = grad(lossOf(words, 1));
      const found = grad((each) => sum(slope(each)))(x).dataSync();
      const asked = gather(words, tensor1d(ASKED, "int32"));
      const due = matMul(mul(sum(asked, 1, true), 2), asked, true).dataSync();
      for (let i = 0; i < WIDTH; i++) assert.ok(Math.abs((found[WIDTH + i] ?? NaN) - (due[i] ?? NaN)) < 1e-2); // float32
    }),
  ));

test.run();
