import { loadModel, randomModel } from "@hookdict/models";
import {
  encodeBFloat16,
  encodeFloat16,
  memoryDirectory,
  type SafetensorsItem,
  type SourceDirectory,
} from "@hookdict/tensordict/io";
import { getBackend, memory, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { fileOf, jsonFile } from "./tiny.ts";

const test = suite("stacks of experts");

const [d, dMlp, experts, dVocab] = [32, 400, 84, 11];
const config = {
  model_type: "gpt_oss",
  hidden_size: d,
  intermediate_size: dMlp,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 16,
  vocab_size: dVocab,
  num_local_experts: experts,
  num_experts_per_tok: 2,
};

/** The stacks' shapes by name; all above the size of a piece in 16 bits, but for the biases. */
const path = "model.layers.0";
const stacks: Readonly<Record<string, readonly number[]>> = {
  [`${path}.mlp.experts.gate_up_proj`]: [experts, d, 2 * dMlp],
  [`${path}.mlp.experts.gate_up_proj_bias`]: [experts, 2 * dMlp],
  [`${path}.mlp.experts.down_proj`]: [experts, dMlp, d],
  [`${path}.mlp.experts.down_proj_bias`]: [experts, d],
};
const others: Readonly<Record<string, readonly number[]>> = {
  "model.embed_tokens.weight": [dVocab, d],
  "lm_head.weight": [dVocab, d],
  "model.norm.weight": [d],
  [`${path}.input_layernorm.weight`]: [d],
  [`${path}.post_attention_layernorm.weight`]: [d],
  [`${path}.self_attn.q_proj.weight`]: [32, d],
  [`${path}.self_attn.q_proj.bias`]: [32],
  [`${path}.self_attn.k_proj.weight`]: [16, d],
  [`${path}.self_attn.k_proj.bias`]: [16],
  [`${path}.self_attn.v_proj.weight`]: [16, d],
  [`${path}.self_attn.v_proj.bias`]: [16],
  [`${path}.self_attn.o_proj.weight`]: [d, 32],
  [`${path}.self_attn.o_proj.bias`]: [d],
  [`${path}.self_attn.sinks`]: [2],
  [`${path}.mlp.router.weight`]: [experts, d],
  [`${path}.mlp.router.bias`]: [experts],
};

/** Eighths, exact in 16 bits. */
const valueAt = (i: number): number => ((i * 13 + Math.floor(i / 17)) % 16) / 8 - 1;

const ENCODERS = { F32: (x: Float32Array) => x, F16: encodeFloat16, BF16: encodeBFloat16 } as const;

/** A checkpoint of two shards, the stacks in the second; and the sizes of all reads of it. */
async function sharded(
  dtype: keyof typeof ENCODERS,
): Promise<{ directory: SourceDirectory; reads: number[] }> {
  const items = (shapes: typeof stacks): SafetensorsItem[] =>
    Object.entries(shapes).map(([name, shape]) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => valueAt(i));
      return { name, dtype, shape, data: ENCODERS[dtype](data) };
    });
  const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
  const map = Object.entries({ ...others, ...stacks }).map(([name]) => [name, names[name in stacks ? 1 : 0]]);
  const held = memoryDirectory("shards", {
    "config.json": jsonFile(config),
    "model.safetensors.index.json": jsonFile({ metadata: {}, weight_map: Object.fromEntries(map) }),
    [names[0]]: await fileOf(items(others)),
    [names[1]]: await fileOf(items(stacks)),
  });
  const reads: number[] = [];
  const directory: SourceDirectory = {
    name: held.name,
    async find(file) {
      const source = await held.find(file);
      if (source === undefined || !file.endsWith(".safetensors")) return source;
      return {
        ...source,
        async readInto(target, offset) {
          reads.push(target.byteLength);
          await source.readInto(target, offset);
        },
      };
    },
  };
  return { directory, reads };
}

for (const dtype of ["F32", "F16", "BF16"] as const)
  test(`stored as ${dtype} in shards, they are read in pieces, each once, and none is kept twice`, async () => {
    const before = memory().numBytes;
    const { directory, reads } = await sharded(dtype);
    using model = await loadModel(directory);
    const width = dtype === "F32" ? 4 : 2;
    const whole = width * experts * d * 2 * dMlp;
    assert.ok(whole > 4 << 20);
    assert.ok(Math.max(...reads) <= 4 << 20, `${Math.max(...reads)} bytes at once`);
    const values = [...Object.values(stacks), ...Object.values(others)].map((s) =>
      s.reduce((a, b) => a * b, 1),
    );
    const count = values.reduce((a, b) => a + b, 0);
    // Besides the values, headers are read.
    assert.ok(reads.reduce((a, b) => a + b, 0) - width * count < 4000);
    assert.is(memory().numBytes - before, 4 * count);
    const of = (part: string): Tensor =>
      model.weights.get(`blocks.0.mlp.experts.${experts - 1}.${part}.weight`);
    const [at, stored] = [of("gate").dataSync(), (experts - 1) * d * 2 * dMlp];
    assert.equal(
      [0, 1, dMlp, d * dMlp - 1].map((i) => at[i]),
      [0, 2, 2 * dMlp, d * 2 * dMlp - 2].map((i) => valueAt(stored + i)),
    );
    const last = of("out").dataSync();
    assert.equal(
      [0, dMlp * d - 1].map((i) => last[i]),
      [0, dMlp * d - 1].map((i) => valueAt((experts - 1) * dMlp * d + i)),
    );
    // On cpu, values are what a tensor stands on: part of a piece would hold on to all of it.
    if (getBackend() === "cpu") assert.is(last.buffer.byteLength, 4 * dMlp * d);
  });

test("what has all its experts in memory is as large as a random model of the config", async () => {
  const { directory } = await sharded("BF16");
  const before = memory().numBytes;
  using model = await loadModel(directory);
  const loaded = memory().numBytes - before;
  using random = randomModel(config);
  assert.is(memory().numBytes - before, 2 * loaded);
  assert.equal([...random.weights.names].sort(), [...model.weights.names].sort());
});

test.run();
