import { loadModel } from "@hookdict/models";
import { encodeUtf8, memoryDirectory, type SafetensorsItem } from "@hookdict/tensordict/io";
import { loadPeftAdapter, type PeftAdapter, PeftAdaptation, weightsOf } from "@hookdict/weights";
import { abs, max, sub, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { takeOne } from "../../support/values.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { Net } from "../models.ts";
import { adapterFolder, changedCheckpoint, type ModuleNumbers, numbersFor } from "./folders.ts";

const test = suite("adapters of PEFT");

/** Sums of float32 products, over three layers. */
const TOLERANCE = 1e-4;

const gap = (a: Tensor, b: Tensor): number => takeOne(tidy(() => max(abs(sub(a, b)))));

type Shapes = Readonly<Record<string, readonly [out: number, input: number]>>;

/** Modules by family: plain, fused one after the other, by head, by group, gates with what they multiply. */
const FAMILIES: Readonly<Record<string, readonly ["outIn" | "inOut", Shapes]>> = {
  gpt2: ["inOut", { "transformer.h.0.attn.c_attn": [96, 32], "transformer.h.1.mlp.c_proj": [32, 88] }],
  llama: [
    "outIn",
    { "model.layers.0.self_attn.k_proj": [24, 32], "model.layers.0.self_attn.o_proj": [32, 48] },
  ],
  "gpt-neox": ["outIn", { "gpt_neox.layers.0.attention.query_key_value": [96, 32] }],
  falcon: ["outIn", { "transformer.h.1.self_attention.query_key_value": [64, 32] }],
  phi3: ["outIn", { "model.layers.0.mlp.gate_up_proj": [112, 48] }],
};

for (const [family, [layout, shapes]] of Object.entries(FAMILIES)) {
  test(`${family}: merged and live, an adapter gives what a checkpoint with its product added gives`, async () => {
    const modules = Object.entries(shapes).map(([module, shape], i) =>
      numbersFor(module, shape, 2, 10 * i + 1),
    );
    using adapter = await loadPeftAdapter(await adapterFolder(modules, { r: 2, lora_alpha: 3 }));
    using changed = await loadModel(await changedCheckpoint(family, modules, () => 3 / 2, layout));
    using model = await loadModel(familyFolder(family));
    const tokens = tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32");
    const wanted = changed.hookTarget().call([tokens]) as Tensor;
    const plain = model.hookTarget().call([tokens]) as Tensor;
    assert.ok(gap(plain, wanted) > 100 * TOLERANCE);
    for (const mode of ["merged", "live"] as const) {
      using adapted = new PeftAdaptation({ adapter, mode }).prepare(model);
      const got = adapted.call(tokens) as Tensor;
      assert.ok(gap(got, wanted) < TOLERANCE, `${mode}: ${gap(got, wanted)}`);
      adapted.dispose();
      const after = model.hookTarget().call([tokens]) as Tensor;
      assert.is(gap(after, plain), 0);
      for (const each of [got, after]) each.dispose();
    }
    for (const each of [tokens, wanted, plain]) each.dispose();
  });
}

test("unembeddings, embeddings, names without the model's own, ranks and alphas of their own, and rsLoRA are understood", async () => {
  const shapes: Shapes = { lm_head: [96, 32], "model.layers.0.mlp.up_proj": [56, 32] };
  const modules = Object.entries(shapes).map(([module, shape], i) =>
    numbersFor(module, shape, i + 1, 7 * i + 3),
  );
  const table = numbersFor("embed_tokens", [32, 96], 1, 50);
  const embedding: SafetensorsItem[] = [
    {
      name: "base_model.model.model.embed_tokens.lora_embedding_A",
      dtype: "F32",
      shape: [1, 96],
      data: table.a,
    },
    {
      name: "base_model.model.model.embed_tokens.lora_embedding_B",
      dtype: "F32",
      shape: [32, 1],
      data: table.b,
    },
  ];
  const config = {
    r: 1,
    lora_alpha: 2,
    use_rslora: true,
    rank_pattern: { up_proj: 2 },
    alpha_pattern: { "mlp.up_proj": 5 },
  };
  using adapter = await loadPeftAdapter(await adapterFolder(modules, config, embedding));
  const scale = ({ module, rank }: ModuleNumbers): number => (module === "lm_head" ? 2 : 5) / Math.sqrt(rank);
  const flipped: ModuleNumbers = {
    ...table,
    module: "model.embed_tokens",
    out: 96,
    input: 32,
    a: table.b,
    b: table.a,
  };
  using changed = await loadModel(
    await changedCheckpoint(
      "llama",
      [...modules, flipped],
      (each) => (each === flipped ? 2 : scale(each)),
      "outIn",
    ),
  );
  using model = await loadModel(familyFolder("llama"));
  using adapted = new PeftAdaptation({ adapter }).prepare(model);
  using got = weightsOf(adapted);
  using wanted = weightsOf(changed);
  for (const path of wanted.keys())
    assert.ok(gap(got.get<Tensor>([path]), wanted.get<Tensor>([path])) < 1e-6, path);
});

test("a module of one's own is found by its name", async () => {
  using model = new Net();
  const modules = [numbersFor("fc1", [4, 3], 1, 5)];
  using adapter = await loadPeftAdapter(await adapterFolder(modules, { r: 1, lora_alpha: 1 }));
  assert.is(String(adapter), "PeftAdapter of 1 module from adapter");
  const before = model.fc1.kernel.arraySync() as number[][];
  using adapted = new PeftAdaptation({ adapter, strength: 2 }).prepare(model);
  const { a, b } = modules[0] as ModuleNumbers;
  const after = adapted.model.fc1.kernel.arraySync() as number[][];
  after.forEach((row, i) =>
    row.forEach((value, j) => {
      const wanted = (before[i]?.[j] ?? NaN) + 2 * (a[i] ?? NaN) * (b[j] ?? NaN);
      assert.ok(Math.abs(value - wanted) < 1e-5);
    }),
  );
});

test("DoRA's magnitudes are those of the parts that a fused matrix became", async () => {
  const module = "transformer.h.0.attn.c_attn";
  const modules = [numbersFor(module, [96, 32], 2, 9)];
  const magnitude = Float32Array.from({ length: 96 }, (_, i) => 1 + i / 100);
  const more: SafetensorsItem[] = [
    { name: `base_model.model.${module}.lora_magnitude_vector`, dtype: "F32", shape: [96], data: magnitude },
  ];
  const config = { r: 2, lora_alpha: 2, use_dora: true };
  using adapter = await loadPeftAdapter(await adapterFolder(modules, config, more));
  using model = await loadModel(familyFolder("gpt2"));
  using adapted = new PeftAdaptation({ adapter }).prepare(model);
  for (const [i, part] of ["q", "k", "v"].entries()) {
    const kernel = adapted.model.weights.get(`blocks.0.attn.${part}.weight`).arraySync() as number[][];
    for (const column of [0, 7, 31]) {
      const length = Math.hypot(...kernel.map((row) => row[column] ?? NaN));
      assert.ok(Math.abs(length - (magnitude[32 * i + column] ?? NaN)) < 1e-5);
    }
  }
});

const PEFT = "Save the adapter with PEFT's save_pretrained, as safetensors.";

test("a folder that is not whole, or hostile, is one clear error and leaves nothing", async () => {
  const modules = [numbersFor("fc1", [4, 3], 1, 5)];
  const good = { r: 1, lora_alpha: 1 };
  const loading = async (
    config: object,
    more?: SafetensorsItem[],
    all = modules,
  ): Promise<readonly string[]> => asyncFailure(adapterFolder(all, config, more).then(loadPeftAdapter));
  const data = Float32Array.of(1, 1, 1);
  const item = (
    name: string,
    shape: number[],
    of: ArrayBufferView = data.slice(0, shape[0]),
  ): SafetensorsItem[] => [{ name, dtype: of instanceof Int32Array ? "I32" : "F32", shape, data: of }];
  const config = (field: string, got: string, wanted: string): readonly string[] => [
    "ADAPTER_CONFIG",
    `adapter/adapter_config.json: ${field} is ${got}. It must be ${wanted}.`,
  ];
  const tensors = (what: string): readonly string[] => [
    "ADAPTER_TENSORS",
    `adapter/adapter_model.safetensors: ${what}. ${PEFT}`,
  ];
  const cases: readonly (readonly [Promise<readonly string[]>, readonly string[]])[] = [
    [loading({ ...good, peft_type: "IA3" }), config("peft_type", '"IA3"', '"LORA"')],
    [loading({ lora_alpha: 1 }), config("r", "missing", "a whole number from 1 on")],
    [loading({ r: 1e9 + 0.5 }), config("r", "1000000000.5", "a whole number from 1 on")],
    [loading({ r: 1, lora_alpha: "2" }), config("lora_alpha", '"2"', "a number")],
    [loading({ ...good, bias: "all" }), config("bias", '"all"', '"none": biases are not read from adapters')],
    [loading({ ...good, modules_to_save: ["head"] }), config("modules_to_save", '["head"]', "nothing: it is not supported")],
    [loading({ ...good, use_dora: 1 }), config("use_dora", "1", "true or false")],
    [loading({ ...good, rank_pattern: [1] }), config("rank_pattern", "[1]", "numbers by the names of modules")],
    [loading({ ...good, alpha_pattern: { "(a+)+$": 1 } }), config("alpha_pattern.(a+)+$", "1", "by names of modules, or expressions without repeated groups")],
    [loading({ ...good, alpha_pattern: { "fc(1": 1 } }), config("alpha_pattern.fc(1", "1", "by names of modules, or expressions without repeated groups")],
    [loading({ ...good, alpha_pattern: { ".*.*.*.*.*": 1 } }), config("alpha_pattern..*.*.*.*.*", "1", "by names of modules, or expressions without repeated groups")],
    [loading({ ...good, init_lora_weights: "pissa" }), config("init_lora_weights", '"pissa"', "one that leaves the model's weights alone: save it with path_initial_model_for_weight_conversion")],
    [loading({ ...good, init_lora_weights: "olora" }), config("init_lora_weights", '"olora"', "one that leaves the model's weights alone: save it with path_initial_model_for_weight_conversion")],
    [loading({ ...good, alora_invocation_tokens: [1] }), config("alora_invocation_tokens", "[1]", "nothing: it is not supported")],
    [loading({ ...good, use_qalora: true }), config("use_qalora", "true", "nothing: it is not supported")],
    [loading({ ...good, invented_later: { a: 1 } }), config("invented_later", '{"a":1}', "nothing: it is not supported")],
    [loading({ ...good, rank_pattern: { fc1: 0 } }), config("rank_pattern.fc1", "0", "a number")],
    [loading({ r: 2, lora_alpha: 1 }), tensors("fc1 has [1, 3] and [4, 1], where the rank 2 wants [2, in] and [out, 2]")],
    [loading({ ...good, use_dora: true }), tensors("fc1 has no lora_magnitude_vector")],
    [loading(good, item("fc1.lora_magnitude_vector", [3])), tensors("fc1.lora_magnitude_vector is a magnitude, and the config has no use_dora")],
    [loading({ ...good, use_dora: true }, item("fc1.lora_magnitude_vector", [3])), tensors("fc1 has magnitudes [3] for 4 outputs")],
    [loading(good, item("fc2.lora_A.weight", [1])), tensors("fc2 has no lora_B")],
    [loading(good, item("fc1.weight", [1])), tensors("fc1.weight is no part of a low-rank adapter")],
    [loading(good, item("fc1.lora_A.default.weight", [1])), tensors("fc1.lora_A.default.weight is there as base_model.model.fc1.lora_A.weight, too")],
    [loading(good, item("fc1.lora_A", [1], Int32Array.of(1))), tensors("fc1.lora_A has the dtype I32")],
    [loading(good, [], []), tensors("the file has no tensors")],
  ]; // prettier-ignore
  for (const [got, wanted] of cases) assert.equal(await got, wanted);
  const text = (all: Record<string, string>): Promise<readonly string[]> =>
    asyncFailure(
      loadPeftAdapter(
        memoryDirectory(
          "adapter",
          Object.fromEntries(Object.entries(all).map(([k, v]) => [k, encodeUtf8(v)])),
        ),
      ),
    );
  assert.equal((await text({}))[0], "FILE_NOT_FOUND");
  assert.equal(
    (await text({ "adapter_config.json": "[]" }))[1],
    "adapter/adapter_config.json: the file is []. It must be a record.",
  );
  assert.equal((await text({ "adapter_config.json": '{"__proto__": 1}' }))[0], "JSON_FORBIDDEN_KEY");
  assert.equal((await text({ "adapter_config.json": '{"peft_type": "LORA", "r": 1}' }))[0], "FILE_NOT_FOUND");
});

test("an adapter of another model, of a tied embedding, or that is gone is an error, and nothing is changed", async () => {
  const loaded = async (module: string, shape: readonly [number, number]): Promise<PeftAdapter> =>
    loadPeftAdapter(await adapterFolder([numbersFor(module, shape, 1, 5)], { r: 1, lora_alpha: 1 }));
  using other = await loaded("model.layers.7.mlp.up_proj", [56, 32]);
  using wrong = await loaded("transformer.h.0.attn.c_proj", [32, 31]);
  using tied = await loaded("lm_head", [96, 32]);
  using own = await loaded("fc3", [4, 3]);
  const gone = await loaded("fc1", [4, 3]);
  gone.dispose();
  gone.dispose();
  using model = await loadModel(familyFolder("gpt2"));
  using net = new Net();
  const put = (adapter: PeftAdapter, on: object = model): readonly [string, string] =>
    failure(() => new PeftAdaptation({ adapter }).prepare(on as never));
  const hint = "Load the model that the adapter was trained on, unprocessed.";
  assert.equal(put(tied), [
    "ADAPTER_SHARED",
    "adapter adapts lm_head, which is one tensor with another in this model. Untie the model's embedding and unembedding first; merged, the adapter would change both.",
  ]); // prettier-ignore
  assert.equal(put(own, net), [
    "ADAPTER_MODULE",
    `adapter adapts fc3, and Net has no one kernel of that name. ${hint} The nearest are fc1, fc2.`,
  ]);
  assert.equal(put(other)[0], "ADAPTER_MODULE");
  assert.equal(put(wrong)[0], "FACTORS_UNFIT");
  assert.equal(put(gone, net), [
    "OPTION_INVALID",
    "The option adapter of PeftAdaptation is a disposed PeftAdapter. Give a PeftAdapter that is alive.",
  ]);
  using folded = model.processed();
  assert.equal(put(wrong, folded)[0], "ADAPTER_MODULE"); // its matrices are not the checkpoint's
});

test.run();
