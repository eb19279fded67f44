import { readFileSync } from "node:fs";
import { loadModel } from "@hookdict/models";
import { type SafetensorsItem } from "@hookdict/tensordict/io";
import { loadPeftAdapter, PeftAdaptation, WeightEditing } from "@hookdict/weights";
import {
  abs,
  fill,
  max,
  slice,
  squeeze,
  sub,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { takeOne } from "../../support/values.ts";
import { Net } from "../models.ts";
import { adapterFolder, numbersFor } from "./folders.ts";

const test = suite("adapters that PEFT has saved");

/** Sums of float32 products, over three layers. */
const TOLERANCE = 1e-4;

interface Wanted {
  readonly family: string;
  readonly ids: number[][];
  /** Logits at the last position. */
  readonly last: number[];
}

const folder = (name: string): URL => new URL(`./saved/${name}/`, import.meta.url);
const wantedOf = (name: string): Wanted =>
  JSON.parse(readFileSync(new URL("wanted.json", folder(name)), "utf8")) as Wanted;

/** How far a model is from what PEFT's gave. */
function gapOf(model: { call(tokens: Tensor): unknown }, { ids, last }: Wanted): number {
  return takeOne(
    tidy(() => {
      const logits = model.call(tensor2d(ids, undefined, "int32")) as Tensor;
      const [, pos = 1, width = 1] = logits.shape;
      return max(abs(sub(squeeze(slice(logits, [0, pos - 1, 0], [1, 1, width])), tensor1d(last))));
    }),
  );
}

for (const [name, isLive] of [
  ["gpt2-dora", false],
  ["gpt2-expressions", true],
  ["llama-embeddings", false],
  ["gpt-neox-dora", false],
] as const) {
  test(`${name}: the adapted model gives PEFT's logits, and afterwards its own`, async () => {
    const wanted = wantedOf(name);
    using adapter = await loadPeftAdapter(folder(name));
    using model = await loadModel(familyFolder(wanted.family));
    const call = (tokens: Tensor): unknown => model.hookTarget().call([tokens]);
    const before = gapOf({ call }, wanted);
    assert.ok(before > 0.1);
    for (const mode of isLive ? (["merged", "live"] as const) : (["merged"] as const)) {
      using adapted = new PeftAdaptation({ adapter, mode }).prepare(model);
      const gap = gapOf({ call: (tokens) => adapted.call(tokens) }, wanted);
      assert.ok(gap < TOLERANCE, `${mode}: ${gap}`);
    }
    assert.is(gapOf({ call }, wanted), before);
  });
}

test("an embedding's adapter cannot be live, and says so in the run", async () => {
  using adapter = await loadPeftAdapter(folder("llama-embeddings"));
  using model = await loadModel(familyFolder("llama"));
  using adapted = new PeftAdaptation({ adapter, mode: "live" }).prepare(model);
  const tokens = tensor2d([[1, 2]], undefined, "int32");
  assert.is(failure(() => adapted.call(tokens))[0], "ADAPTER_LIVE");
  tokens.dispose();
});

test("an adapter whose base was changed when it began is refused: the saved factors do not say how", async () => {
  const [code, message] = await asyncFailure(loadPeftAdapter(folder("llama-pissa")));
  assert.is(code, "ADAPTER_CONFIG");
  assert.match(message, 'init_lora_weights is "pissa".');
});

test("a saved weight that is not the model's is refused, where no edit has changed it", async () => {
  const base = (value: number): SafetensorsItem[] => [
    { name: "base_model.model.fc1.base_layer.weight", dtype: "F32", shape: [4, 3], data: new Float32Array(12).fill(value) }, // prettier-ignore
  ];
  const modules = [numbersFor("fc1", [4, 3], 1, 5)];
  using adapter = await loadPeftAdapter(await adapterFolder(modules, { r: 1, lora_alpha: 1 }, base(9)));
  using model = new Net();
  assert.equal(
    failure(() => new PeftAdaptation({ adapter }).prepare(model)),
    [
      "ADAPTER_BASE",
      "adapter holds the weight of fc1 that it was trained on, and this model has another. Load the model that the adapter was trained on, with its vocabulary.",
    ],
  );
  using _edited = new WeightEditing({ name: "nines", of: "fc1.kernel", change: (kernel) => fill(kernel.shape, 9) }).prepare(model); // prettier-ignore
  using adapted = new PeftAdaptation({ adapter }).prepare(model);
  assert.is(adapted.context.weights("fc1.kernel").length, 1);
});

test.run();
