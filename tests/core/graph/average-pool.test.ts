import { Module, MultiHookManager } from "@hookdict/core";
import { avgPool, grad, ones, sum, type Tensor, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("the gradient of average pooling");

class Pool extends Module {
  override forward(x: Tensor4D): Tensor {
    return avgPool(x, [3, 3], [2, 2], "same");
  }
}

test("a window that overlaps the border shares among what is inside", () => {
  using _manager = new MultiHookManager(new Pool()); // gradients are mended when hooks come
  const x = ones([1, 3, 3, 1]);
  const gradient = tidy(() => grad((y: Tensor) => sum(avgPool(y as Tensor4D, [3, 3], [2, 2], "same")))(x));
  // Each of four windows has 2 x 2 entries inside; the middle column and row are in two, the middle in four.
  const [once, twice, all] = [1 / 4, 2 / 4, 4 / 4];
  assert.equal([...gradient.dataSync()], [once, twice, once, twice, all, twice, once, twice, once]);
  for (const each of [x, gradient]) each.dispose();
});

test.run();
