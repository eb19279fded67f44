import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { seededValues } from "@hookdict/core/testing";
import {
  encodeUtf8,
  type MemoryDirectory,
  memoryDirectory,
  openSafetensors,
  type SafetensorsItem,
  writeSafetensors,
} from "@hookdict/tensordict/io";
import { familyFolder } from "../../models/families/variants.ts";

/** The adapter of one module, in numbers: `a` `[rank, in]`, `b` `[out, rank]`. */
export interface ModuleNumbers {
  readonly module: string;
  readonly rank: number;
  readonly out: number;
  readonly input: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** Seeded numbers for a module of this shape. */
export function numbersFor(
  module: string,
  [out, input]: readonly [number, number],
  rank: number,
  seed: number,
): ModuleNumbers {
  const scaled = (size: number, at: number): Float32Array =>
    seededValues(size, at).map((value) => value * 0.3);
  return { module, rank, out, input, a: scaled(rank * input, seed), b: scaled(out * rank, seed + 1) };
}

/** A folder as PEFT saves it. */
export async function adapterFolder(
  modules: readonly ModuleNumbers[],
  config: object,
  more: readonly SafetensorsItem[] = [],
): Promise<MemoryDirectory> {
  const text = JSON.stringify({ peft_type: "LORA", bias: "none", modules_to_save: null, ...config });
  const directory = memoryDirectory("adapter", { "adapter_config.json": encodeUtf8(text) });
  const items = modules.flatMap(({ module, rank, out, input, a, b }): SafetensorsItem[] => [
    { name: `base_model.model.${module}.lora_A.weight`, dtype: "F32", shape: [rank, input], data: a },
    { name: `base_model.model.${module}.lora_B.weight`, dtype: "F32", shape: [out, rank], data: b },
  ]);
  await writeSafetensors(await directory.create("adapter_model.safetensors"), [...items, ...more]);
  return directory;
}

/**
 * The checkpoint of a family with the modules' matrices changed by `scale B A`, `[out, in]`, or its transpose where the file
 * has `[in, out]`.
 */
export async function changedCheckpoint(
  family: string,
  modules: readonly ModuleNumbers[],
  scale: (module: ModuleNumbers) => number,
  layout: "outIn" | "inOut",
): Promise<MemoryDirectory> {
  const folder = familyFolder(family);
  await using store = await openSafetensors(fileURLToPath(new URL("model.safetensors", folder)));
  const items: SafetensorsItem[] = [];
  for (const { name, shape } of store.entries.values()) {
    const { data } = await store.read(name);
    const values = Float32Array.from(data as Float32Array);
    const found = modules.find(({ module }) => `${module}.weight` === name);
    if (found !== undefined) change(values, found, scale(found), layout);
    items.push({ name, dtype: "F32", shape, data: values });
  }
  const directory = memoryDirectory(family, { "config.json": readFileSync(new URL("config.json", folder)) });
  await writeSafetensors(await directory.create("model.safetensors"), items);
  return directory;
}

function change(
  values: Float32Array,
  { out, input, rank, a, b }: ModuleNumbers,
  scale: number,
  layout: "outIn" | "inOut",
): void {
  for (let row = 0; row < out; row++)
    for (let column = 0; column < input; column++) {
      let sum = 0;
      for (let i = 0; i < rank; i++) sum += (b[row * rank + i] ?? 0) * (a[i * input + column] ?? 0);
      const at = layout === "outIn" ? row * input + column : column * out + row;
      values[at] = (values[at] ?? 0) + scale * sum;
    }
}
