import { readFileSync } from "node:fs";
import { loadModel, type ProcessingOptions, type Transformer } from "@hookdict/models";
import { openSafetensors } from "@hookdict/tensordict/io";
import { slice, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("weight processing as TransformerLens does it");

const methods = new URL("../../reference/methods/", import.meta.url);
const checkpoint = fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));

interface Case {
  readonly name: string;
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, string>>;
  readonly tolerance: Readonly<Record<string, { readonly atol: number; readonly rtol: number }>>;
}

const { cases } = JSON.parse(readFileSync(new URL("cases.json", methods), "utf8")) as {
  readonly cases: Case[];
};

const OPTIONS: Readonly<Record<string, keyof ProcessingOptions>> = {
  fold_ln: "foldLayerNorm",
  center_writing_weights: "centerWritingWeights",
  center_unembed: "centerUnembed",
  fold_value_biases: "foldValueBiases",
};

/** The values of a weight by TransformerLens's path of it. */
function weight(model: Transformer, path: string): Float32Array {
  const norm = /^(.*ln\d?(?:_final)?)\.([wb])$/.exec(path);
  if (norm !== null)
    return model.weights.get(`${norm[1]}.${norm[2] === "w" ? "weight" : "bias"}`).dataSync() as Float32Array;
  const [, layer, name = ""] = /^(?:blocks\.(\d+)\.)?.*\.(\w+)$/.exec(path) ?? [];
  const value = model[name as "W_Q"] as Tensor | undefined;
  assert.ok(value !== undefined, path);
  if (layer === undefined) return value.dataSync() as Float32Array;
  const rest = value.shape.slice(1);
  return tidy(
    () => slice(value, [Number(layer), ...rest.map(() => 0)], [1, ...rest]).dataSync() as Float32Array,
  );
}

function computed(model: Transformer, role: string, inputs: (name: string) => Tensor): Float32Array {
  if (role.startsWith("logits")) {
    return tidy(() => model.call(inputs(`ids${role.slice("logits".length)}`)).dataSync() as Float32Array);
  }
  const [kind = "", ...path] = role.split("/");
  const values = weight(model, path.join("/"));
  if (kind === "norm") return Float32Array.of(Math.hypot(...values));
  return values.filter((_, i) => i % 89 === 0);
}

for (const each of cases.filter(({ method }) => method === "weight_processing")) {
  const asked = Object.entries(each.options).filter(([name]) => name !== "sketch");
  if (asked.some(([name]) => !(name in OPTIONS))) continue;
  test(`${each.name}: weights and logits are TransformerLens's`, async () => {
    await using store = await openSafetensors(fileURLToPath(new URL("weights.safetensors", methods)));
    using model = await loadModel(checkpoint);
    using processed = model.processed(
      Object.fromEntries(asked.map(([name, value]) => [OPTIONS[name], value])),
    );
    const inputs = new Map<string, Tensor>();
    for (const [role, key] of Object.entries(each.inputs)) inputs.set(role, await store.tensor(key));
    let compared = 0;
    for (const [role, key] of Object.entries(each.expected)) {
      const got = computed(processed, role, (name) => inputs.get(name)!); // the case names its inputs
      const want = (await store.read(key)).data as Float32Array;
      assert.is(got.length, want.length, role);
      const { atol, rtol } = each.tolerance[role]!; // every role has one
      want.forEach((value, i) => {
        const gap = Math.abs((got[i] ?? NaN) - value);
        assert.ok(gap <= atol + rtol * Math.abs(value), `${role}[${i}]: ${got[i]} for ${value}`);
      });
      compared++;
    }
    assert.ok(compared > 50);
    for (const tensor of inputs.values()) tensor.dispose();
  });
}

test.run();
