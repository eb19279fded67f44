import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelFiles, safetensors } from "./large-model.ts";

const SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
const INDEX = "model.safetensors.index.json";
const JSON_FILES = ["config.json", "tokenizer.json", "tokenizer_config.json"];

type Header = Record<string, { data_offsets: readonly [number, number] }>;

/**
 * The model of a folder with its weights in two shards, the second of which has so many spaces in its header that it is
 * fetched in two chunks.
 */
export function sharded(folder: string): ModelFiles {
  const file = readFileSync(join(folder, "model.safetensors"));
  const length = Number(file.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(file.subarray(8, 8 + length).toString()) as Header; // a model's
  const names = Object.keys(header);
  const parts = [names.slice(0, 20), names.slice(20)];
  const shards = parts.map((own, i) => {
    const data = own.map((name) => {
      const [from, to] = header[name]?.data_offsets ?? [0, 0];
      return file.subarray(8 + length + from, 8 + length + to);
    });
    let at = 0;
    const entries = own.map((name, k) => {
      const from = at;
      at += data[k]?.length ?? 0;
      return [name, { ...header[name], data_offsets: [from, at] }] as const;
    });
    const json = JSON.stringify(Object.fromEntries(entries)) + " ".repeat(i * 17 * 1024 ** 2);
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([head, Buffer.from(json), ...data]);
  });
  const map = Object.fromEntries(parts.flatMap((own, i) => own.map((name) => [name, SHARDS[i]])));
  return {
    ...Object.fromEntries(JSON_FILES.map((name) => [name, readFileSync(join(folder, name))])),
    [INDEX]: Buffer.from(JSON.stringify({ metadata: {}, weight_map: map })),
    ...Object.fromEntries(shards.map((shard, i) => [SHARDS[i], shard])),
  };
}

/** The same with something wrong, by what it is. */
export const WRONG: Readonly<Record<string, (files: ModelFiles) => ModelFiles>> = {
  missing: (files) => Object.fromEntries(Object.entries(files).filter(([name]) => name !== SHARDS[1])),
  cut: (files) => ({ ...files, [SHARDS[0]]: files[SHARDS[0]]?.subarray(0, -4) ?? new Uint8Array() }),
  outside: (files) => withMap(files, { "wte.weight": "../elsewhere.safetensors" }),
  lacking: (files) => withMap(files, { "no.such.weight": SHARDS[0] }),
  many: (files) => {
    const names = Array.from({ length: 250 }, (_, i) => `m-${i}`);
    const tiny = names.map((name) => {
      const one = { shape: [1], values: Float32Array.of(1) };
      return [`${name}.safetensors`, safetensors(new Map([[name, one]]))] as const;
    });
    const map = Object.fromEntries(names.map((name) => [name, `${name}.safetensors`]));
    return { ...withMap(files, map), ...Object.fromEntries(tiny) };
  },
  deep: (files) => ({ ...files, [INDEX]: Buffer.from("[".repeat(200_000)) }),
  list: (files) => ({ ...files, [INDEX]: Buffer.from('{"weight_map": ["wte.weight"]}') }),
};

function withMap(files: ModelFiles, more: Readonly<Record<string, string>>): ModelFiles {
  const index = JSON.parse(Buffer.from(files[INDEX] ?? []).toString()) as { weight_map: object }; // as above
  return { ...files, [INDEX]: Buffer.from(JSON.stringify({ weight_map: { ...index.weight_map, ...more } })) };
}
