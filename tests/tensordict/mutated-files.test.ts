import { isHookdictError, TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import {
  encodeUtf8,
  memoryDirectory,
  openCheckpoint,
  readJson,
  writeSafetensors,
} from "@hookdict/tensordict/io";
import { memory, range } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { everything } from "./fixtures/saved.ts";

// Files with bytes changed, cut, repeated or exchanged: each is read, or refused with one error of ours.
// HOOKDICT_HOSTILE says how many of each kind are tried (10000 takes some seconds), HOOKDICT_HOSTILE_FIRST from which seed on.

const test = suite("Mutated files");

const count = Number(process.env["HOOKDICT_HOSTILE"] ?? 1000);
const first = Number(process.env["HOOKDICT_HOSTILE_FIRST"] ?? 1);
/** Heap that may be left after all of them: buffers not yet collected, and no more for more files. */
const MOST_BYTES = 256 * 2 ** 20;

type Random = (below: number) => number;

/** Mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Pieces that mean something to the formats. */
const PIECES = ["{", "}", "[", "]", '"', ",", ":", "-1", "1e99", "null", "9007199254740993", "__proto__", "\\ud800", "0", "F64", "tensor", "\u0000", "]]]]", "[[[["]; // prettier-ignore

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let times = 1 + random(4); times > 0; times--) {
    const [at, length] = [random(out.length + 1), random(16)];
    const [head, tail] = [out.subarray(0, at), out.subarray(at)];
    const kind = random(7);
    if (kind === 0 && at < out.length) out[at] = random(256);
    else if (kind === 1 && at < out.length) out[at] = (out[at] ?? 0) ^ (1 << random(8));
    else if (kind === 2) out = out.slice(0, at);
    else if (kind === 3) out = Uint8Array.from([...head, ...tail.subarray(length)]);
    else if (kind === 4) out = Uint8Array.from([...head, ...tail.subarray(0, length), ...tail]);
    else if (kind === 5)
      out = Uint8Array.from([...head, ...encodeUtf8(PIECES[random(PIECES.length)] ?? ""), ...tail]);
    else out = replaced(out, encodeUtf8(PIECES[random(PIECES.length)] ?? ""), at);
  }
  return out;
}

function replaced(bytes: Uint8Array, piece: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out.set(piece.subarray(0, Math.max(0, out.length - at)), at);
  return out;
}

interface Tally {
  read: number;
  refused: number;
}

/** Reads a mutation per seed. */
async function tryAll(read: (random: Random) => Promise<unknown>): Promise<Tally> {
  const tally: Tally = { read: 0, refused: 0 };
  for (let seed = first; seed < first + count; seed++) {
    try {
      await read(randomFrom(seed));
      tally.read++;
    } catch (error) {
      if (!isHookdictError(error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      tally.refused++;
    }
  }
  return tally;
}

function requireBoth({ read, refused }: Tally): void {
  assert.is(read + refused, count);
  if (count >= 300) assert.ok(read > 0 && refused > 0, `${read} read, ${refused} refused`);
}

async function savedBytes(): Promise<Uint8Array> {
  const files = memoryDirectory("memory");
  using td = everything();
  await td.save(await files.create("a"));
  return files.files.get("a") ?? new Uint8Array();
}

const heap = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;

test("dictionaries are read or refused, and memory stays bounded", async () => {
  const bytes = await savedBytes();
  const [tensors, before] = [memory().numTensors, heap()];
  const tally = await tryAll(async (random) => (await TensorDict.load(mutate(bytes, random))).dispose());
  requireBoth(tally);
  assert.is(memory().numTensors, tensors);
  assert.ok(heap() - before < MOST_BYTES, `${heap() - before} bytes more`);
});

test("trees of Python are read or refused", async () => {
  const files = memoryDirectory("memory");
  const root = { batch_size: [2], names: null, keys: { x: { tensor: "x" }, a: { td: { batch_size: [2], names: null, keys: { n: { non_tensor: [1, null] } } } } } }; // prettier-ignore
  const x = { name: "x", dtype: "F32", shape: [2], data: new Float32Array(2) } as const;
  const metadata = { tensordict: JSON.stringify({ version: 1, root }) };
  await writeSafetensors(await files.create("a"), [x], { metadata });
  const bytes = files.files.get("a") ?? new Uint8Array();
  requireBoth(await tryAll(async (random) => (await TensorDict.load(mutate(bytes, random))).dispose()));
});

test("checkpoints and their indexes are read or refused", async () => {
  const shard = async (name: string): Promise<Uint8Array> => {
    const files = memoryDirectory("memory");
    const item = { name, dtype: "BF16", shape: [2, 2], data: new Uint16Array(4) } as const;
    await writeSafetensors(await files.create("a"), [item]);
    return files.files.get("a") ?? new Uint8Array();
  };
  const whole: Record<string, Uint8Array> = {
    "model.safetensors.index.json": encodeUtf8('{"metadata":{"total_size":16},"weight_map":{"w":"a.safetensors","v":"b.safetensors"}}'),
    "a.safetensors": await shard("w"),
    "b.safetensors": await shard("v"),
  }; // prettier-ignore
  const names = Object.keys(whole);
  const tally = await tryAll(async (random) => {
    const name = names[random(names.length)] ?? "";
    const files = { ...whole, [name]: mutate(whole[name] ?? new Uint8Array(), random) };
    await using checkpoint = await openCheckpoint(files);
    for (const tensor of checkpoint.entries.keys()) await checkpoint.read(tensor);
    await readJson(memoryDirectory("m", files), names[0] ?? "");
  });
  requireBoth(tally);
});

test("folders of shards are read, gone on with, or refused", async () => {
  const directory = memoryDirectory("rows");
  {
    const writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
    for (let i = 0; i < 5; i++) {
      using td = new TensorDict({ x: range(i, i + 1), s: `row ${i}` }, { batchSize: [1] });
      await writer.append(td);
    }
  }
  const whole = Object.fromEntries(directory.files);
  const names = Object.keys(whole);
  const tally = await tryAll(async (random) => {
    const name = names[random(names.length)] ?? "";
    const files = memoryDirectory("rows", {
      ...whole,
      [name]: mutate(whole[name] ?? new Uint8Array(), random),
    });
    for await (const batch of (await TensorDictReader.open(files)).batches(2)) batch.dispose();
    await (await TensorDictWriter.open(files, { rowsPerShard: 2 })).close();
  });
  requireBoth(tally);
});

test.run();
