import { DeepLift, GradCam } from "@hookdict/attribution";
import type { Hookable } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { randomUniform, type Tensor } from "@tensorflow/tfjs-core";
import { faceEmotions } from "../core/graph/trained.ts";
import { assert, suite } from "../gate/suite.ts";

const test = suite("a converted vision model of other people");

const PLACE = "StatefulPartitionedCall.model_1.add_2.add";
const LOGITS = "StatefulPartitionedCall.model_1.global_average_pooling2d_1.Mean";

test("Grad-CAM at its last images is what weights and a mean over places make of it", () => {
  const model = faceEmotions();
  const hookable = hookGraph(model) as unknown as Hookable<readonly Tensor[], Tensor>;
  const x = randomUniform([1, 64, 64, 1], -0.5, 0.5, "float32", 3);
  const target = { site: LOGITS, index: [4] };
  using hooked = new GradCam({ at: PLACE, relu: false }).prepare(hookable);
  using result = hooked.attribute([x], { target, keep: ["gradients", "values"] });
  const cam = result.get<Tensor>(["attr", PLACE]);
  const [batch, height = 0, width = 0] = cam.shape;
  assert.equal(batch, 1);
  const [gradients, values] = [
    result.get<Tensor>(["gradients", PLACE]),
    result.get<Tensor>(["values", PLACE]),
  ];
  const channels = values.shape[3] ?? 0;
  const [g, v] = [gradients.dataSync(), values.dataSync()];
  const weights = Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < height * width; i++) sum += g[i * channels + c] ?? 0;
    return sum / (height * width);
  });
  for (const [i, each] of cam.dataSync().entries()) {
    const wanted = weights.reduce((sum, weight, c) => sum + weight * (v[i * channels + c] ?? 0), 0);
    assert.ok(Math.abs(each - wanted) < 1e-4 * (1 + Math.abs(wanted))); // float32
  }
  model.dispose();
  x.dispose();
});

test("DeepLIFT through its depthwise convolutions and its pools adds up to the change of a logit", () => {
  const model = faceEmotions();
  const hookable = hookGraph(model) as unknown as Hookable<readonly Tensor[], Tensor>;
  const x = randomUniform([1, 64, 64, 1], -0.5, 0.5, "float32", 3);
  using hooked = new DeepLift({ delta: true }).prepare(hookable);
  using result = hooked.attribute([x], { target: { site: LOGITS, index: [4] } });
  const [delta = NaN] = result.get<Tensor>("delta").dataSync();
  const total = [...result.get<Tensor>(["attr", "input"]).dataSync()].reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(total) > 0.1); // the logit does change
  assert.ok(Math.abs(delta) < 1e-3 * Math.abs(total)); // float32 through 40 layers
  model.dispose();
  x.dispose();
});

test.run();
