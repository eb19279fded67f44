import { encodeUtf8, memoryDirectory, type SafetensorsItem, writeSafetensors } from "@hookdict/tensordict/io";

/** config.json of the smallest model there can be: one layer, two heads of width 2, five tokens, three positions. */
export const tinyConfig: Readonly<Record<string, unknown>> = {
  model_type: "gpt2",
  n_layer: 1,
  n_head: 2,
  n_embd: 4,
  vocab_size: 5,
  n_positions: 3,
};

/** Shapes of its tensors, by name. */
export const tinyShapes: Readonly<Record<string, readonly number[]>> = {
  "wte.weight": [5, 4],
  "wpe.weight": [3, 4],
  "h.0.ln_1.weight": [4],
  "h.0.ln_1.bias": [4],
  "h.0.attn.c_attn.weight": [4, 12],
  "h.0.attn.c_attn.bias": [12],
  "h.0.attn.c_proj.weight": [4, 4],
  "h.0.attn.c_proj.bias": [4],
  "h.0.ln_2.weight": [4],
  "h.0.ln_2.bias": [4],
  "h.0.mlp.c_fc.weight": [4, 16],
  "h.0.mlp.c_fc.bias": [16],
  "h.0.mlp.c_proj.weight": [16, 4],
  "h.0.mlp.c_proj.bias": [4],
  "ln_f.weight": [4],
  "ln_f.bias": [4],
};

/** Number of elements of all its tensors together. */
export const tinyCount: number = Object.values(tinyShapes).reduce((total, shape) => total + count(shape), 0);

/** A float32 tensor of a file, filled with eighths: they are exact in 16 bits too. */
export function floats(name: string, shape: readonly number[]): SafetensorsItem {
  const data = Float32Array.from({ length: count(shape) }, (_, i) => ((i * 7 + name.length) % 16) / 8 - 1);
  return { name, dtype: "F32", shape, data };
}

/** All tensors of the tiny model. */
export function tinyItems(): SafetensorsItem[] {
  return Object.entries(tinyShapes).map(([name, shape]) => floats(name, shape));
}

/** The bytes of a safetensors file with these tensors. */
export async function fileOf(items: Iterable<SafetensorsItem>): Promise<Uint8Array> {
  const directory = memoryDirectory("made");
  await writeSafetensors(await directory.create("file"), items);
  return directory.files.get("file") ?? new Uint8Array();
}

/** A JSON value as a file's bytes. */
export function jsonFile(value: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(value));
}

/** The files of the tiny model; `changes` replace some, and `undefined` takes one away. */
export async function tinyFiles(
  changes: Readonly<Record<string, Uint8Array | undefined>> = {},
): Promise<Record<string, Uint8Array>> {
  const files = { "config.json": jsonFile(tinyConfig), "model.safetensors": await fileOf(tinyItems()) };
  const all = Object.entries({ ...files, ...changes });
  return Object.fromEntries(all.filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined));
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
