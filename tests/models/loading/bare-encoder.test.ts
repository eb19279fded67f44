import { readFileSync } from "node:fs";
import { type EncoderDecoder, loadModel, randomModel } from "@hookdict/models";
import { TensorDict } from "@hookdict/tensordict";
import { openSafetensors, type SafetensorsItem } from "@hookdict/tensordict/io";
import { abs, max, sub, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "../families/variants.ts";
import { fileOf } from "./tiny.ts";

const test = suite("encoders without a head");

test("a run gives the last hidden state", () => {
  const sizes = {
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    vocab_size: 11,
  };
  using model = randomModel({ model_type: "bert", ...sizes, architectures: ["BertModel"] });
  const tokens = tensor2d([[3, 5, 7]], undefined, "int32");
  const states = model.call(tokens);
  assert.equal(states.shape, [1, 3, 8]);
  assert.equal(model.axes, ["batch", "pos", "dModel"]);
  for (const each of [states, tokens]) each.dispose();
});

test("BART's file without the bias of its logits has none", async () => {
  const bart = familyFolder("bart");
  const items: SafetensorsItem[] = [];
  {
    await using store = await openSafetensors(new URL("model.safetensors", bart));
    for (const [name, { dtype, shape }] of store.entries) {
      if (name !== "final_logits_bias")
        items.push({ name, dtype, shape, data: (await store.read(name)).data });
    }
  }
  using whole = await loadModel<EncoderDecoder>(bart);
  using bare = await loadModel<EncoderDecoder>({
    "config.json": readFileSync(new URL("config.json", bart)),
    "model.safetensors": await fileOf(items),
  });
  tidy(() => {
    const tokens = tensor2d([[3, 5, 7]], undefined, "int32");
    const inputs = { decoderTokens: tensor2d([[2, 9]], undefined, "int32") };
    const bias = whole.weights.get("unembed.bias");
    const difference = sub(sub(whole.call(tokens, inputs), bias), bare.call(tokens, inputs));
    assert.ok((max(abs(difference)).dataSync()[0] ?? NaN) < 1e-5);
    assert.ok((max(abs(bias)).dataSync()[0] ?? NaN) > 0.1);
  });
});

const NAME = "all-MiniLM-L6-v2 gives its sentence vectors";
const folder = process.env["HOOKDICT_PRETRAINED"];
const reference = new URL("../../reference/models/families/pretrained/", import.meta.url);

interface Sentences {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly cosine: readonly (readonly number[])[];
}

async function check(location: string): Promise<void> {
  using model = await loadModel(location);
  using values = await TensorDict.load(new URL("reference.safetensors", reference));
  const text = readFileSync(new URL("reference.json", reference), "utf8");
  const { a } = (JSON.parse(text) as { sets: { a: Sentences } }).sets; // as its README says
  const tokens = tensor2d(a.input_ids.flat(), [a.input_ids.length, a.input_ids[0]?.length ?? 0], "int32");
  const states = model.call(tokens, { attentionMask: a.attention_mask });
  const got = states.arraySync();
  const want = values.get<Tensor>("a/last_hidden_state").arraySync() as number[][][];
  const vectors = a.attention_mask.map((mask, row) => {
    const sum = new Float64Array(got[0]?.[0]?.length ?? 0);
    mask.forEach((isToken, pos) => {
      if (isToken === 0) return;
      got[row]?.[pos]?.forEach((each, i) => {
        assert.ok(Math.abs(each - (want[row]?.[pos]?.[i] ?? NaN)) < 2e-4 + 1e-4 * Math.abs(each));
        sum[i] = (sum[i] ?? 0) + each;
      });
    });
    const length = Math.hypot(...sum);
    return sum.map((each) => each / length);
  });
  a.cosine.forEach((line, i) => {
    line.forEach((cosine, j) => {
      const product = vectors[i]?.reduce((total, each, k) => total + each * (vectors[j]?.[k] ?? 0), 0) ?? NaN;
      assert.ok(Math.abs(product - cosine) < 1e-4, `${i}, ${j}: ${product}`);
    });
  });
  for (const each of [tokens, states]) each.dispose();
}

if (folder === undefined)
  test.skip(
    `${NAME} (HOOKDICT_PRETRAINED names no folder: see tests/reference/models/families/pretrained/README.md)`,
  );
else test(NAME, () => check(folder));

test.run();
