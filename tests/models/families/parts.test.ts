import { type ActivationName, ACTIVATIONS, randomModel, type Transformer } from "@hookdict/models";
import { grad, tensor1d, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("parts of models");

test("every activation of Hugging Face's configs is there, with its gradient", async () => {
  // Of -2, -0.5, 0.5, 7 and 12: transformers 5.24 in float64.
  const values: Readonly<Record<string, readonly number[]>> = {
    gelu_new: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_pytorch_tanh: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_python_tanh: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_accurate: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_fast: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu: [-0.04550026, -0.1542688, 0.3457312, 7.0, 12.0],
    gelu_python: [-0.04550026, -0.1542688, 0.3457312, 7.0, 12.0],
    quick_gelu: [-0.06434138, -0.1496116, 0.3503884, 6.999953, 12.0],
    relu: [0.0, 0.0, 0.5, 7.0, 12.0],
    relu2: [0.0, 0.0, 0.25, 49.0, 144.0],
    silu: [-0.2384058, -0.1887703, 0.3112297, 6.993623, 11.99993],
    swish: [-0.2384058, -0.1887703, 0.3112297, 6.993623, 11.99993],
    sigmoid: [0.1192029, 0.3775407, 0.6224593, 0.9990889, 0.9999939],
    sqrtsoftplus: [0.3562696, 0.6885325, 0.9869534, 2.645924, 3.464103],
    tanh: [-0.9640276, -0.4621172, 0.4621172, 0.9999983, 1.0],
    linear: [-2.0, -0.5, 0.5, 7.0, 12.0],
    mish: [-0.2525015, -0.2207438, 0.3752452, 6.999988, 12.0],
    relu6: [0.0, 0.0, 0.5, 6.0, 6.0],
    leaky_relu: [-0.02, -0.005, 0.5, 7.0, 12.0],
    hardswish: [-0.3333333, -0.2083333, 0.2916667, 7.0, 12.0],
    laplace: [0.0, 9.383381e-6, 0.2314211, 1.0, 1.0],
    gelu_10: [-0.04550026, -0.1542688, 0.3457312, 7.0, 10.0],
  };
  const x = tensor1d([-2, -0.5, 0.5, 7, 12]);
  for (const [name, want] of Object.entries(values)) {
    const fn = ACTIVATIONS[name as ActivationName];
    const got = fn(x);
    got.dataSync().forEach((each: number, i: number) => {
      assert.ok(
        Math.abs(each - (want[i] ?? NaN)) < 2e-5 * Math.max(1, Math.abs(want[i] ?? 0)),
        `${name} ${each}`,
      );
    });
    const slope = tidy(() => grad((of: Tensor) => fn(of))(x));
    const step = 1e-2;
    const [above, below] = tidy(() => [fn(tensor1d([0.5 + step])), fn(tensor1d([0.5 - step]))]);
    const rise = ((above?.dataSync()[0] ?? NaN) - (below?.dataSync()[0] ?? NaN)) / (2 * step);
    assert.ok(Math.abs((slope.dataSync()[2] ?? NaN) - rise) < 1e-3, `gradient of ${name}`);
    for (const each of [got, slope, above, below]) each?.dispose();
  }
  assert.equal(new Set(Object.keys(values)), new Set(Object.keys(ACTIVATIONS)));
  x.dispose();
});

test("OPT's norms may have no weights", () => {
  const sizes = { hidden_size: 8, ffn_dim: 12, num_hidden_layers: 2, num_attention_heads: 2, vocab_size: 11 };
  const [with_, without] = [true, false].map((layer_norm_elementwise_affine) =>
    randomModel({ model_type: "opt", ...sizes, layer_norm_elementwise_affine }),
  ) as [Transformer, Transformer];
  assert.is(without.weights.find("blocks.0.ln1.weight"), undefined);
  assert.is(without.weights.find("ln_final.bias"), undefined);
  assert.ok(with_.weights.find("ln_final.bias") !== undefined);
  const given = tensor2d([[3, 5, 7]], undefined, "int32");
  const logits = without.call(given);
  assert.ok(logits.dataSync().every((each: number) => Number.isFinite(each)));
  for (const each of [given, logits, with_, without]) each.dispose();
});

test.run();
