import { loadModel, type Transformer } from "@hookdict/models";

const CONFIG = {
  model_type: "gpt2",
  n_layer: 12,
  n_head: 12,
  n_embd: 768,
  vocab_size: 50257,
  n_positions: 64,
  layer_norm_epsilon: 1e-5,
  activation_function: "gelu_new",
};

/** Names and shapes of the file's tensors, as Hugging Face has them. */
function shapes(): (readonly [string, readonly number[]])[] {
  const { n_layer: layers, n_embd: d, vocab_size: v, n_positions: p } = CONFIG;
  const norm = (name: string): (readonly [string, readonly number[]])[] => [
    [`${name}.weight`, [d]],
    [`${name}.bias`, [d]],
  ];
  const linear = (name: string, rows: number, columns: number): (readonly [string, readonly number[]])[] => [
    [`${name}.weight`, [rows, columns]],
    [`${name}.bias`, [columns]],
  ];
  const blocks = Array.from({ length: layers }, (_, i) => [
    ...norm(`h.${i}.ln_1`),
    ...linear(`h.${i}.attn.c_attn`, d, 3 * d),
    ...linear(`h.${i}.attn.c_proj`, d, d),
    ...norm(`h.${i}.ln_2`),
    ...linear(`h.${i}.mlp.c_fc`, d, 4 * d),
    ...linear(`h.${i}.mlp.c_proj`, 4 * d, d),
  ]).flat();
  return [["wte.weight", [v, d]], ["wpe.weight", [p, d]], ...blocks, ...norm("ln_f")];
}

/** A `Transformer` of GPT-2 small's shape with random weights, by way of a file in memory. */
export async function transformerOfGpt2Small(): Promise<Transformer> {
  const header: Record<string, unknown> = {};
  let floats = 0;
  const all = shapes();
  for (const [name, shape] of all) {
    const size = shape.reduce((product, each) => product * each, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [floats * 4, (floats + size) * 4] };
    floats += size;
  }
  const text = JSON.stringify(header);
  const head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + head.length + floats * 4);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  const values = new Float32Array(bytes.buffer, 8 + head.length, floats);
  let state = 1;
  let at = 0;
  for (const [name, shape] of all) {
    const end = at + shape.reduce((product, each) => product * each, 1);
    const isGain = /ln_.*weight$/.test(name);
    for (; at < end; at++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      values[at] = isGain ? 1 : (state / 2 ** 32 - 0.5) * 0.07;
    }
  }
  const config = new TextEncoder().encode(JSON.stringify(CONFIG));
  return loadModel({ "config.json": config, "model.safetensors": bytes });
}
