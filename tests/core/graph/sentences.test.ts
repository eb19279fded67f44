import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { fill, mul, sum, tensor, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { sentenceEmbedding } from "./trained.ts";

const test = suite("a trained sentence embedder");

const SOFTMAX = "**.MultiheadAttention.**.Softmax";
/** The nodes that read the results of the graph's two `Where`, below its encoder. */
const AFTER_WHERE = [
  "ClipToMaxLength/Reshape",
  "Encode/TransformerStack/Layer_0/AddTimingSignal/strided_slice_2",
  "Encode/TransformerStack/Layer_1/TransformerLayer/FFN/StoreMask/ToInt32",
];
const model = sentenceEmbedding();
test.after(() => model.dispose());

/** Two sentences of three and four tokens, as sparse coordinates and token ids. */
function inputs(): { indices: Tensor; values: Tensor } {
  const places = [0, 1, 2, 0, 1, 2, 3].flatMap((place, i) => [i < 3 ? 0 : 1, place]);
  return {
    indices: tensor2d(places, [7, 2], "int32"),
    values: tensor1d([15, 270, 33, 8, 99, 1200, 41], "int32"),
  };
}

function free(given: { indices: Tensor; values: Tensor }): void {
  given.indices.dispose();
  given.values.dispose();
}

test("attention is captured by a glob, each row of it sums to 1, and nothing else changes", async () => {
  const given = inputs();
  const plain = take((await model.executeAsync({ ...given })) as Tensor);
  using hooked = new ActivationCaching(SOFTMAX).prepare(hookGraph(model));
  const embedded = await hooked.callAsync({ ...given });
  assert.equal(embedded.shape, [2, 512]);
  assert.equal(take(embedded), plain);
  const [first = ""] = hooked.sites.filter(({ type }) => type === "Softmax").map(({ path }) => path);
  const attention = hooked.cache.get<Tensor>(["fwd", first]);
  const rows = sum(attention, -1);
  for (const row of take(rows)) assert.ok(Math.abs(row - 1) < 1e-5);
  free(given);
});

test("putting every node's own output in its place changes nothing, bit for bit", async () => {
  const given = inputs();
  const plain = take((await model.executeAsync({ ...given })) as Tensor);
  using hooked = new ActivationCaching(SOFTMAX).prepare(hookGraph(model));
  hooked.context.hook("**", "fwd", (value: Tensor | Tensor[]) => value);
  assert.equal(take(await hooked.callAsync({ ...given })), plain);
  free(given);
});

test("even attention gives another embedding", async () => {
  const given = inputs();
  const plain = take((await model.executeAsync({ ...given })) as Tensor);
  using hooked = new ActivationCaching(SOFTMAX).prepare(hookGraph(model));
  hooked.context.hook(SOFTMAX, "fwd", (value: Tensor) => fill(value.shape, 1 / (value.shape.at(-1) ?? 1)));
  const changed = take(await hooked.callAsync({ ...given }));
  const distance = Math.hypot(...changed.map((value, i) => value - (plain[i] ?? 0)));
  assert.ok(distance > 0.1, `moved by ${distance}`);
  free(given);
});

test("gradients at the attention are as finite differences say, once what waits is fed", async () => {
  const given = inputs();
  const waiting = AFTER_WHERE.map((name) => `module_apply_default/Encoder_en/KonaTransformer/${name}`);
  const found = (await model.executeAsync({ ...given }, waiting)) as Tensor[];
  const fed = { ...given, ...Object.fromEntries(waiting.map((name, i) => [name, found[i] as Tensor])) };
  using hooked = new ActivationCaching(SOFTMAX, { directions: ["fwd", "bwd_pre"] }).prepare(hookGraph(model));
  const [first = ""] = hooked.sites.filter(({ type }) => type === "Softmax").map(({ path }) => path);
  const weights = tensor2d(
    Array.from({ length: 1024 }, (_, i) => Math.sin(i)),
    [2, 512],
  );
  const loss = (): Tensor => sum(mul(hooked.call(fed), weights));
  hooked.backward(loss);
  const gradient = hooked.cache.get<Tensor>(["bwd_pre", first]).dataSync()[1] ?? Number.NaN;
  const step = 5e-4; // the network's kinks (Relu) are not much farther apart
  const at = (by: number): number => {
    const handle = hooked.context.hook(first, "fwd", (value: Tensor) => {
      const values = value.dataSync().slice();
      values[1] = (values[1] ?? 0) + by;
      return tensor(values, value.shape);
    });
    const result = hooked.call(fed);
    const product = mul(result, weights);
    const [total = Number.NaN] = take(sum(product));
    for (const each of [result, product]) each.dispose();
    handle.dispose();
    return total;
  };
  const measured = (at(step) - at(-step)) / (2 * step);
  assert.ok(Math.abs(gradient) > 1e-3);
  assert.ok(Math.abs(measured - gradient) < 0.02 * Math.abs(gradient), `${gradient}, measured ${measured}`);
  for (const each of [...found, weights]) each.dispose();
  free(given);
});

test.run();
