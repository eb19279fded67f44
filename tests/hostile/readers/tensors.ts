import { TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import {
  encodeUtf8,
  memoryDirectory,
  openCheckpoint,
  openNpz,
  openSafetensors,
  readJson,
  type SafetensorsItem,
  writeSafetensors,
} from "@hookdict/tensordict/io";
import { range } from "@tensorflow/tfjs-core";
import { npzOf } from "../../latent/dictionaries/files.ts";
import { endAll } from "../../arguments/calls.ts";
import { everything } from "../../tensordict/fixtures/saved.ts";
import { type Files, freed, type Reader } from "../reader.ts";

const written = async (items: readonly SafetensorsItem[], metadata?: Readonly<Record<string, string>>) => {
  const files = memoryDirectory("memory");
  await writeSafetensors(await files.create("a"), items, metadata === undefined ? {} : { metadata });
  return files.files.get("a") as Uint8Array; // just written
};

async function saved(): Promise<Files> {
  const files = memoryDirectory("memory");
  using td = everything();
  await td.save(await files.create("a"));
  return Object.fromEntries(files.files);
}

async function ofPython(): Promise<Files> {
  const inner = { td: { batch_size: [2], names: null, keys: { n: { non_tensor: [1, null] } } } };
  const root = { batch_size: [2], names: null, keys: { x: { tensor: "x" }, a: inner } };
  const x = { name: "x", dtype: "F32", shape: [2], data: new Float32Array(2) } as const;
  return { a: await written([x], { tensordict: JSON.stringify({ version: 1, root }) }) };
}

const shard = async (name: string): Promise<Uint8Array> =>
  written([{ name, dtype: "BF16", shape: [2, 2], data: new Uint16Array(4) }]);

async function shards(): Promise<Files> {
  const map = { w: "a.safetensors", v: "b.safetensors" };
  return {
    "model.safetensors.index.json": encodeUtf8(
      JSON.stringify({ metadata: { total_size: 16 }, weight_map: map }),
    ),
    "a.safetensors": await shard("w"),
    "b.safetensors": await shard("v"),
  };
}

async function rows(): Promise<Files> {
  const directory = memoryDirectory("rows");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  for (let i = 0; i < 5; i++) {
    using td = new TensorDict({ x: range(i, i + 1), s: `row ${i}` }, { batchSize: [1] });
    await writer.append(td);
  }
  return Object.fromEntries(directory.files);
}

const load = (files: Files): Promise<void> => freed(TensorDict.load(files["a"] as Uint8Array));

/** Files of tensors, and folders of them. */
export const TENSORS: readonly Reader[] = [
  { name: "a saved TensorDict", files: saved, read: load },
  { name: "a TensorDict of Python", files: ofPython, read: load },
  {
    name: "a saved TensorDict, part by part",
    files: saved,
    async read(files) {
      const opened = await TensorDict.open(files["a"] as Uint8Array);
      try {
        for (const key of opened.keys()) endAll([await opened.get(key)]);
        await opened.toHost();
      } finally {
        await opened.close();
      }
    },
  },
  {
    name: "a file of tensors",
    files: async () => ({ a: await shard("w") }),
    async read(files) {
      await using store = await openSafetensors(files["a"] as Uint8Array);
      for (const name of store.entries.keys()) await store.read(name);
    },
  },
  {
    name: "a checkpoint of several files",
    files: shards,
    async read(files) {
      await using checkpoint = await openCheckpoint(files);
      for (const tensor of checkpoint.entries.keys()) await checkpoint.read(tensor);
      await readJson(memoryDirectory("m", files), "model.safetensors.index.json");
    },
  },
  {
    name: "arrays of NumPy",
    files: () => ({ a: npzOf({ w: [[2, 2], [1, 2, 3, 4]], b: [[1], [0]] }) }), // prettier-ignore
    async read(files) {
      await using store = await openNpz(files["a"] as Uint8Array);
      for (const name of store.names) await store.read(name);
    },
  },
  {
    name: "a folder of rows",
    files: rows,
    async read(files) {
      const place = memoryDirectory("rows", files);
      for await (const batch of (await TensorDictReader.open(place)).batches(2)) batch.dispose();
      await (await TensorDictWriter.open(place, { rowsPerShard: 2 })).close();
    },
  },
];
