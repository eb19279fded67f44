import { nonTensorStack, TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { type Directory, memoryDirectory } from "@hookdict/tensordict/io";
import { scalar, tensor, tensor1d, zeros } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure } from "../support/failure.ts";

const test = suite("TensorDict shards");

/** Rows `from` to before `to`: each holds its number in every kind of leaf. */
function rows(from: number, to: number): TensorDict {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const texts = numbers.map((n) => "t".repeat(n % 3) + n);
  return new TensorDict(
    {
      x: tensor(
        numbers.flatMap((n) => [n, -n]),
        [numbers.length, 2],
      ),
      deep: { n: tensor1d(numbers, "int32"), text: tensor(texts, undefined, "string") },
      name: nonTensorStack(texts),
      model: { layers: 2 },
    },
    { batchSize: [numbers.length] },
  );
}

async function append(writer: TensorDictWriter, from: number, to: number): Promise<number> {
  using td = rows(from, to);
  return await writer.append(td);
}

/** Every batch's numbers, after a look at whether each row is whole. */
async function readAll(directory: Directory, size: number): Promise<number[][]> {
  const reader = await TensorDictReader.open(directory);
  const found: number[][] = [];
  for await (const batch of reader.batches(size)) {
    using td = batch;
    const numbers = [...td.get(["deep", "n"]).dataSync()];
    using expected = rows(numbers[0] ?? 0, (numbers.at(-1) ?? 0) + 1);
    assert.equal(await td.toHost(), await expected.toHost());
    found.push(numbers);
  }
  assert.is(found.flat().length, reader.rows);
  return found;
}

const count = (to: number): number[] => Array.from({ length: to }, (_, i) => i);
const shards = (directory: Directory): Promise<string[]> => directory.list();

test("rows go into shards of the given size, and batches run across them", async () => {
  const directory = memoryDirectory("memory");
  {
    await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 4 });
    assert.is(await append(writer, 0, 3), 3);
    assert.is(await append(writer, 3, 5), 5);
    assert.is(await append(writer, 5, 15), 15);
  }
  assert.equal(await shards(directory), ["index.json", ...count(4).map((i) => `shard-0000${i}.safetensors`)]);
  assert.equal(await readAll(directory, 6), [count(6), [6, 7, 8, 9, 10, 11], [12, 13, 14]]);
  assert.equal((await readAll(directory, 100))[0], count(15));
});

test("a shard is a file like any other", async () => {
  const directory = memoryDirectory("memory");
  {
    await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 4 });
    await append(writer, 0, 9);
  }
  using shard = await TensorDict.load(directory.files.get("shard-00001.safetensors") ?? new Uint8Array());
  assert.equal([shard.batchSize, shard.get<unknown>(["model", "layers"])], [[4], 2]);
  assert.equal([...shard.get(["deep", "n"]).dataSync()], [4, 5, 6, 7]);
});

test("rows are read before their shard is full, and before the writer ends", async () => {
  const directory = memoryDirectory("memory");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 4 });
  for (const at of [0, 1, 2, 3, 4, 5]) await append(writer, at, at + 1);
  assert.equal((await readAll(directory, 100))[0], count(6));
  assert.equal(await shards(directory), [
    "index.json",
    "part-00001-00000.safetensors",
    "part-00001-00001.safetensors",
    "shard-00000.safetensors",
  ]);
});

test("another writer goes on where one stopped, closed or not", async () => {
  const directory = memoryDirectory("memory");
  await append(await TensorDictWriter.open(directory, { rowsPerShard: 4 }), 0, 6);
  {
    await using second = await TensorDictWriter.open(directory, { rowsPerShard: 4 });
    assert.is(second.rows, 6);
    await append(second, 6, 7);
  }
  await using third = await TensorDictWriter.open(directory, { rowsPerShard: 4 });
  assert.is(await append(third, 7, 9), 9);
  assert.equal((await readAll(directory, 100))[0], count(9));
});

test("appends made at once are written in their order", async () => {
  const directory = memoryDirectory("memory");
  await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 3 });
  await Promise.all(count(7).map((n) => append(writer, n, n + 1)));
  assert.equal((await readAll(directory, 100))[0], count(7));
});

test("a crash at any write loses nothing that was acknowledged", async () => {
  for (let crashAt = 1; crashAt < 40; crashAt++) {
    const directory = memoryDirectory("memory");
    let writes = 0;
    const dying: Directory = {
      ...directory,
      create: async (file) => {
        const sink = await directory.create(file);
        const commit = async (): Promise<void> => {
          if (++writes >= crashAt) throw new Error("crash");
          await sink.commit();
        };
        return { ...sink, commit };
      },
      remove: async (file) => {
        if (++writes >= crashAt) throw new Error("crash");
        await directory.remove(file);
      },
    };
    let acknowledged = 0;
    try {
      await using writer = await TensorDictWriter.open(dying, { rowsPerShard: 4 });
      for (const [from, to] of [
        [0, 3],
        [3, 4],
        [4, 10],
        [10, 11],
        [11, 17],
      ] as const) {
        // prettier-ignore
        acknowledged = await append(writer, from, to);
      }
    } catch {} // the crash
    await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 4 });
    assert.is(writer.rows, acknowledged);
    await append(writer, acknowledged, acknowledged + 2);
    assert.equal((await readAll(directory, 100))[0], count(acknowledged + 2));
  }
});

test("a value that is the same in all rows stays one value, another becomes a list", async () => {
  const directory = memoryDirectory("memory");
  {
    await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
    for (const name of ["a", "a", "b"]) {
      using td = new TensorDict({ x: zeros([1]), name }, { batchSize: [1] });
      await writer.append(td);
    }
  }
  const reader = await TensorDictReader.open(directory);
  const names: unknown[] = [];
  for await (const batch of reader.batches(2)) batch.run((td) => names.push(td.get("name")));
  assert.equal(names, ["a", "b"]);
  for await (const batch of reader.batches(3))
    batch.run((td) => assert.equal(td.get("name"), ["a", "a", "b"]));
});

test("a reader that stops early closes its file", async () => {
  const directory = memoryDirectory("memory");
  await append(await TensorDictWriter.open(directory, { rowsPerShard: 4 }), 0, 6);
  let open = 0;
  const counting: Directory = {
    ...directory,
    find: async (file) => {
      const source = await directory.find(file);
      if (source === undefined) return undefined;
      open++;
      return { ...source, close: async () => void open-- };
    },
  };
  for await (const batch of (await TensorDictReader.open(counting)).batches(2)) {
    batch.dispose();
    break;
  }
  assert.is(open, 0);
});

test("rows unlike those before are refused whole, also after a restart", async () => {
  const directory = memoryDirectory("memory");
  await append(await TensorDictWriter.open(directory, { rowsPerShard: 2 }), 0, 3);
  await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  using other = rows(3, 4);
  other
    .set("x", zeros([1, 3]))
    .set(["deep", "new"], 1)
    .delete("name");
  assert.equal(await asyncFailure(writer.append(other)), [
    "ROWS_DIFFER",
    'These rows are not like those before: "x" is float32 [rows, 3], not float32 [rows, 2]; ["deep","new"] is new; "name" is missing. ' +
      "Nothing was written. All rows need the same keys, dtypes and shapes.",
  ]);
  assert.is(writer.rows, 3);
  using many = rows(3, 4);
  for (let i = 0; i < 10; i++) many.set(`n${i}`, 1);
  const named = Array.from({ length: 8 }, (_, i) => `"n${i}" is new`).join("; ");
  assert.is(
    (await asyncFailure(writer.append(many)))[1],
    `These rows are not like those before: ${named} and 2 more. Nothing was written. All rows need the same keys, dtypes and shapes.`,
  );
});

test("the messages of writers and readers", async () => {
  const directory = memoryDirectory("rows");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  using one = new TensorDict({ x: scalar(1) });
  assert.equal(await asyncFailure(writer.append(one)), [
    "ROWS_MISSING",
    "append was given a TensorDict without batch dims, so it has no rows. Set batchSize, or unsqueeze(0) what is one row.",
  ]);
  await writer.close();
  await writer.close();
  assert.equal(await asyncFailure(writer.append(one)), [
    "WRITER_CLOSED",
    "append was called on the writer of rows, which is closed. TensorDictWriter.open() goes on where it ended.",
  ]);
  assert.equal(await asyncFailure(TensorDictWriter.open(directory, { rowsPerShard: 0 })), [
    "SHARD_SIZE",
    "A number of rows must be a whole number above 0, not 0. Rows are elements of the first batch dim.",
  ]);
  assert.equal(await asyncFailure(TensorDictWriter.open(directory, { rowsPerShard: 3 })), [
    "SHARD_SIZE_CHANGED",
    "rows: its shards have 2 rows, and 3 were asked for. Go on with the same size, or write to another directory.",
  ]);
  const index = (text: string): Directory =>
    memoryDirectory("bad", { "index.json": new TextEncoder().encode(text) });
  const told = (problem: string): readonly [string, string] => [
    "SHARDS_INDEX",
    `bad/index.json: is no index of shards: ${problem}. It is damaged, or was not written by a TensorDictWriter.`,
  ];
  assert.equal(
    await asyncFailure(TensorDictReader.open(index("[]"))),
    told('its format is not "hookdict.shards"'),
  );
  const format = '{"format":"hookdict.shards"';
  assert.equal(
    await asyncFailure(TensorDictReader.open(index(`${format},"version":2}`))),
    told("its version is 2, not 1"),
  );
  assert.equal(
    await asyncFailure(TensorDictReader.open(index(`${format},"version":1,"rowsPerShard":2,"shards":[-1]}`))),
    told("its sizes are no whole numbers above 0"),
  );
  assert.is((await asyncFailure(TensorDictReader.open(memoryDirectory("none"))))[0], "FILE_NOT_FOUND");
});

test.run();
