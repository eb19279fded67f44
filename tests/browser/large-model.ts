import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A model's files by name. */
export type ModelFiles = Readonly<Record<string, Uint8Array>>;

interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * A model of GPT-2's heads, 12 layers of 12, and so many positions, but narrow: its patterns are as large as those of
 * GPT-2, its weights are drawn with a seed. The vocabulary is that of the model in `folder`.
 */
export function largeModel(folder: string, positions: number): ModelFiles {
  const read = (name: string): Uint8Array => readFileSync(join(folder, name));
  const config = JSON.parse(new TextDecoder().decode(read("config.json"))) as Record<string, unknown>; // a model's
  const [layers, width, vocabulary] = [12, 48, Number(config["vocab_size"])];
  const text = JSON.stringify({
    ...config,
    n_layer: layers,
    n_head: 12,
    n_embd: width,
    n_positions: positions,
  });
  return {
    "config.json": new TextEncoder().encode(text),
    "tokenizer.json": read("tokenizer.json"),
    "tokenizer_config.json": read("tokenizer_config.json"),
    "model.safetensors": safetensors(weights(layers, width, [vocabulary, positions])),
  };
}

/** GPT-2's names and shapes. */
function weights(
  layers: number,
  width: number,
  [vocabulary, positions]: readonly [number, number],
): ReadonlyMap<string, Tensor> {
  const next = uniform(7);
  const made = new Map<string, Tensor>();
  const draw = (name: string, ...shape: readonly number[]): void => {
    const size = shape.reduce((product, each) => product * each, 1);
    made.set(name, { shape, values: Float32Array.from({ length: size }, () => next() - 0.5) });
  };
  const norm = (name: string): void => {
    made.set(`${name}.weight`, { shape: [width], values: new Float32Array(width).fill(1) });
    made.set(`${name}.bias`, { shape: [width], values: new Float32Array(width) });
  };
  draw("wte.weight", vocabulary, width);
  draw("wpe.weight", positions, width);
  for (let i = 0; i < layers; i += 1) {
    for (const name of ["ln_1", "ln_2"]) norm(`h.${i}.${name}`);
    for (const [name, from, to] of [
      ["attn.c_attn", width, 3 * width],
      ["attn.c_proj", width, width],
      ["mlp.c_fc", width, 4 * width],
      ["mlp.c_proj", 4 * width, width],
    ] as const) {
      draw(`h.${i}.${name}.weight`, from, to);
      draw(`h.${i}.${name}.bias`, to);
    }
  }
  norm("ln_f");
  return made;
}

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Tensors as a safetensors file. */
export function safetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let to = 8 + json.length;
  for (const { values } of tensors.values()) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), to);
    to += values.byteLength;
  }
  return file;
}
