import {
  bytesSource,
  encodeBFloat16,
  encodeFloat16,
  type SafetensorsItem,
  type SourceDirectory,
} from "@hookdict/tensordict/io";
import { GPT2 } from "@hookdict/models";
import { memory } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { firstFarOff } from "../ioi-tiny.ts";
import { fileOf, floats, jsonFile, tinyConfig, tinyCount, tinyFiles, tinyItems, tinyShapes } from "./tiny.ts";

const test = suite("reading GPT2's weights");

const values = (item: SafetensorsItem): Float32Array => item.data as Float32Array; // floats() made it
const item = (name: string): SafetensorsItem => tinyItems().find((each) => each.name === name)!; // it is one of them

const ENCODERS = {
  F32: (x: Float32Array) => x,
  F16: encodeFloat16,
  BF16: encodeBFloat16,
  F64: (x: Float32Array) => Float64Array.from(x),
} as const;

for (const [dtype, encode] of Object.entries(ENCODERS)) {
  test(`weights stored as ${dtype} are read with their values`, async () => {
    const items = tinyItems().map((each) => ({ ...each, dtype: dtype as never, data: encode(values(each)) }));
    using model = await GPT2.fromPretrained(await tinyFiles({ "model.safetensors": await fileOf(items) }));
    assert.equal([...model.W_E.dataSync()], [...values(item("wte.weight"))]);
    assert.equal(
      [...model.weights.get("blocks.0.ln1.weight").dataSync()],
      [...values(item("h.0.ln_1.weight"))],
    );
  });
}

test("the matrix of queries, keys and values is cut into its columns' thirds", async () => {
  using model = await GPT2.fromPretrained(await tinyFiles());
  const { q, k, v } = model.blocks[0]!.attn; // it has a layer
  const whole = values(item("h.0.attn.c_attn.weight"));
  const rows = [0, 1, 2, 3].map((row) => [...whole.subarray(12 * row, 12 * (row + 1))]);
  const third = (i: number): number[] => rows.flatMap((row) => row.slice(4 * i, 4 * (i + 1)));
  assert.equal(
    [q, k, v].map(({ weight }) => [...weight.dataSync()]),
    [third(0), third(1), third(2)],
  );
  const bias = [...values(item("h.0.attn.c_attn.bias"))];
  assert.equal(
    [q, k, v].flatMap((each) => [...(each.bias?.dataSync() ?? [])]),
    bias,
  );
});

test("a matrix that is read in several pieces is cut the same", async () => {
  const d = 320; // d × 3d is more than one piece
  const isCount = (name: string, axis: number): boolean => axis === 0 && /^w[tp]e/.test(name); // of tokens, of positions
  const shapeOf = (name: string, shape: readonly number[]): number[] =>
    shape.map((size, axis) => (isCount(name, axis) ? size : (size * d) / 4));
  const items = Object.entries(tinyShapes).map(([name, shape]) => floats(name, shapeOf(name, shape)));
  const files = await tinyFiles({
    "config.json": jsonFile({ ...tinyConfig, n_embd: d }),
    "model.safetensors": await fileOf(items),
  });
  using model = await GPT2.fromPretrained(files);
  const whole = values(items.find(({ name }) => name === "h.0.attn.c_attn.weight")!); // it is one of them
  const got = model.blocks[0]!.attn.v.weight.dataSync();
  const want = Float32Array.from(
    { length: d * d },
    (_, i) => whole[Math.floor(i / d) * 3 * d + 2 * d + (i % d)] ?? NaN,
  );
  assert.is(firstFarOff(got, want, 0), undefined);
});

test("names may carry the prefix transformer, and stored masks are passed over", async () => {
  const mask = floats("transformer.h.0.attn.bias", [1, 1, 3, 3]);
  const prefixed = tinyItems().map((each) => ({ ...each, name: `transformer.${each.name}` }));
  const file = await fileOf([...prefixed, mask]);
  using model = await GPT2.fromPretrained(await tinyFiles({ "model.safetensors": file }));
  assert.equal([...model.W_pos.dataSync()], [...values(item("wpe.weight"))]);
  assert.is(model.unembed.weight, model.W_E);
});

test("an unembedding of its own is read where embeddings are not tied", async () => {
  const head = floats("lm_head.weight", [5, 4]);
  const files = await tinyFiles({
    "config.json": jsonFile({ ...tinyConfig, tie_word_embeddings: false }),
    "model.safetensors": await fileOf([...tinyItems(), head]),
  });
  using model = await GPT2.fromPretrained(files);
  assert.equal([...model.unembed.weight.dataSync()], [...values(head)]);
});

test("every byte of the file is read once, forward, and every file is closed", async () => {
  const files = await tinyFiles();
  const ranges: [number, number][] = [];
  let open = 0;
  const directory: SourceDirectory = {
    name: "tiny",
    async find(file) {
      const bytes = files[file];
      if (bytes === undefined) return undefined;
      const source = bytesSource(`tiny/${file}`, bytes);
      open++;
      return {
        ...source,
        async readInto(target, offset) {
          if (file.endsWith(".safetensors")) ranges.push([offset, offset + target.byteLength]);
          await source.readInto(target, offset);
        },
        async close() {
          open--;
        },
      };
    },
  };
  (await GPT2.fromPretrained(directory)).dispose();
  const size = files["model.safetensors"]?.byteLength ?? 0;
  assert.equal(
    ranges.map(([from]) => from),
    [0, ...ranges.slice(0, -1).map(([, to]) => to)],
  );
  assert.is(ranges.at(-1)?.[1], size);
  assert.is(open, 0);
});

test("while loading, the backend never holds more than weights", async () => {
  const files = await tinyFiles();
  const before = memory().numBytes;
  let peak = 0;
  const watching: SourceDirectory = {
    name: "tiny",
    async find(file) {
      const bytes = files[file];
      const source = bytes && bytesSource(file, bytes);
      return (
        source && {
          ...source,
          async readInto(target: Uint8Array, offset: number) {
            peak = Math.max(peak, memory().numBytes - before);
            await source.readInto(target, offset);
          },
        }
      );
    },
  };
  using model = await GPT2.fromPretrained(watching);
  assert.is(memory().numBytes - before, 4 * tinyCount);
  assert.ok(peak > 0 && peak < 4 * tinyCount);
  assert.is(model.config.nPositions, 3);
});

test("disposing a model gives everything back, and twice is nothing", async () => {
  const before = memory().numBytes;
  const model = await GPT2.fromPretrained(await tinyFiles());
  model.dispose();
  model.dispose();
  assert.is(memory().numBytes, before);
});

test.run();
