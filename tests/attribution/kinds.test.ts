import { GradCam, IntegratedGradients, Saliency } from "@hookdict/attribution";
import { hookFunction } from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { mul, ones, square, sum, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

const test = suite("kinds of models under attribution");

test("a function is explained", () => {
  const x = tensor1d([3, 4]);
  using hooked = new Saliency().prepare(hookFunction((given: Tensor) => square(given)));
  using result = hooked.attribute([x]);
  assert.equal([...result.get<Tensor>(["attr", "input"]).dataSync()], [2 * 3, 2 * 4]);
  x.dispose();
});

test("a model of layers is explained at its inputs and at a layer", () => {
  const model = sequential({
    layers: [
      layers.dense({
        units: 3,
        inputShape: [2],
        activation: "relu",
        name: "hidden",
        kernelInitializer: "ones",
      }),
      layers.dense({ units: 1, name: "out", kernelInitializer: "ones" }),
    ],
  });
  const x = tensor2d([[1, 2]]);
  {
    using hooked = new IntegratedGradients({ steps: 2 }).prepare(hookLayers(model) as never);
    using result = hooked.attribute([x] as never, { target: 0 });
    const total = [...result.get<Tensor>(["attr", "input"]).dataSync()].reduce((a, b) => a + b);
    assert.ok(Math.abs(total - 3 * (1 + 2)) < 1e-4); // complete but for float32 noise
  }
  using hooked = new Saliency({ at: "hidden" }).prepare(hookLayers(model) as never);
  using result = hooked.attribute([x] as never, { target: 0 });
  assert.equal([...result.get<Tensor>(["attr", "hidden"]).dataSync()], [1, 1, 1]);
  model.dispose();
  x.dispose();
});

test("Grad-CAM explains a convolution of a model of layers", () => {
  const model = sequential({
    layers: [
      layers.conv2d({
        filters: 2,
        kernelSize: 1,
        inputShape: [4, 4, 1],
        name: "conv",
        kernelInitializer: "ones",
      }),
      layers.globalAveragePooling2d({ name: "pool" }),
    ],
  });
  const x = ones([1, 4, 4, 1]);
  using hooked = new GradCam({ at: "conv", resize: { size: [8, 8] } }).prepare(hookLayers(model) as never);
  using result = hooked.attribute([x] as never, { target: 1 });
  const map = result.get<Tensor>(["attr", "conv"]);
  assert.equal(map.shape, [1, 8, 8, 1]);
  assert.ok(Math.abs((map.dataSync()[0] ?? 0) - 1 / 16) < 1e-6); // a mean of 16 places
  model.dispose();
  x.dispose();
});

test("nothing stays on the model after an exception in a target", () => {
  const x = tensor1d([3]);
  using hooked = new Saliency().prepare(hookFunction((given: Tensor) => mul(given, 2)));
  const fail = (output: Tensor): Tensor => {
    if (sum(output).size === 1) throw new Error("no");
    return output;
  };
  assert.throws(() => hooked.attribute([x], { target: fail }), "no");
  x.dispose();
});

test.run();
