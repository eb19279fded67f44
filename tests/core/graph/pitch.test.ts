import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { fill, range, reshape, sin, sum, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { basicPitch } from "./trained.ts";

const test = suite("a trained network that hears notes");

const model = basicPitch();
test.after(() => model.dispose());

const INPUT = "StatefulPartitionedCall/model_1/cq_t2010v2_1/transpose_70";
const STACKED = "**.harmonic_stacking.strided_slice*";
const OUTPUT = "StatefulPartitionedCall/model_1/contours-reduced/Sigmoid";

/** The spectrum of two frames: where the graph is quick to run, behind the filters that need a second of audio. */
function spectrum(): Record<string, Tensor> {
  const frames = tidy(() => reshape(sin(range(0, 2 * 309)), [1, 2, 309]));
  return { [INPUT]: frames };
}

function free(given: Record<string, Tensor>): void {
  for (const each of Object.values(given)) each.dispose();
}

test("putting every node's own output in its place changes nothing, bit for bit", () => {
  const given = spectrum();
  const plain = take(model.execute(given, OUTPUT) as Tensor);
  using hooked = new ActivationCaching(STACKED).prepare(hookGraph(model));
  hooked.context.hook("**", "fwd", (value: Tensor) => value);
  assert.equal(take(hooked.call(given, OUTPUT)), plain);
  assert.is(hooked.sites.filter(({ type }) => type === "_FusedConv2D").length, 6);
  free(given);
});

test("a silent harmonic changes what is heard", () => {
  const given = spectrum();
  const plain = take(model.execute(given, OUTPUT) as Tensor);
  using hooked = new ActivationCaching(STACKED).prepare(hookGraph(model));
  hooked.context.hook("**.harmonic_stacking.strided_slice_1", "fwd", (value: Tensor) => fill(value.shape, 0));
  const changed = take(hooked.call(given, OUTPUT));
  assert.ok(Math.max(...changed.map((value, i) => Math.abs(value - (plain[i] ?? 0)))) > 1e-3);
  free(given);
});

test("gradients behind a StridedSlice of the network are as finite differences say", () => {
  const given = spectrum();
  const path = "**.batch_normalization.FusedBatchNormV3";
  using hooked = new ActivationCaching(path, { directions: ["bwd_pre"] }).prepare(hookGraph(model));
  hooked.backward(() => sum(hooked.call(given, OUTPUT)));
  const site = "StatefulPartitionedCall.model_1.batch_normalization.FusedBatchNormV3";
  const gradients = [...hooked.cache.get<Tensor>(["bwd_pre", site]).dataSync()];
  const strongest = gradients.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(gradients[best] ?? 0) ? i : best),
    0,
  );
  const at = (by: number): number => {
    using moved = new ActivationCaching(site).prepare(hookGraph(model));
    moved.context.hook(site, "fwd", (value: Tensor) => {
      const values = value.dataSync().slice();
      values[strongest] = (values[strongest] ?? 0) + by;
      return tensor(values, value.shape);
    });
    return take(moved.call(given, OUTPUT)).reduce((total, value) => total + value, 0);
  };
  const step = 2e-3; // the network's kinks (Relu) are not much farther apart
  const slope = (at(step) - at(-step)) / (2 * step);
  const gradient = gradients[strongest] ?? Number.NaN;
  assert.ok(Math.abs(slope - gradient) < 0.05 * Math.abs(gradient), `${gradient}, measured ${slope}`);
  free(given);
});

test.run();
