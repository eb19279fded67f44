import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HarvestReader, packTokens } from "@hookdict/harvest";
import { bullmqQueue } from "@hookdict/harvest/bullmq";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { temporaryFolder } from "../support/folder.ts";
import { planned } from "../support/harvests.ts";
import { model, told } from "../support/errors.ts";

const test = suite("errors of reading and packing");

test("what reading refuses has its code", async () => {
  await using made = await planned();
  await using reader = await HarvestReader.open(made.acts);
  const codes = [
    await told(reader.read([-1])),
    await told(reader.read([0])),
    await told(reader.readSparse("blocks.0", [0])),
    await told(reader.batches(3, { from: "{}" })[Symbol.asyncIterator]().next()),
  ].map(([code]) => code);
  assert.equal(codes, [
    "HARVEST_ROW_RANGE",
    "HARVEST_ROWS_MISSING",
    "HARVEST_TENSOR_UNKNOWN",
    "HARVEST_CURSOR",
  ]);
  await using many = await planned({ recipe: "many.ts" });
  await using other = await HarvestReader.open(many.acts);
  assert.is(
    (thrown(() => other.batches(3, { unit: "position" })) as { code?: string }).code,
    "HARVEST_NOT_POSITIONAL",
  );
  await other.close();
  assert.is((await told(other.read([0])))[0], "HARVEST_READER_CLOSED");
});

test("sources that cannot be packed are told", async () => {
  await using folder = await temporaryFolder();
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder.path, name), text);
    return join(folder.path, name);
  };
  const out = join(folder.path, "out");
  const pack = (options: object) =>
    told(packTokens({ out, context: 4, bos: 0, eos: 9, ...options } as never), folder.path);
  const jsonl = await write("a.jsonl", '{"text": "Mary"}\n{"tokens": [1.5]}\n');
  assert.equal(await pack({ sources: folder.path + "/none" }), [
    "PACK_SOURCE",
    "FOLDER/none: is no source of documents. Give files that end in .jsonl, .txt or .parquet, or folders with such files.",
  ]);
  assert.equal(await pack({ sources: jsonl }), [
    "PACK_TOKENIZER",
    'FOLDER/a.jsonl:1: there is no tokenizer.json. Give the folder of a tokenizer, or column: "tokens" for documents that are lists of tokens.',
  ]);
  const mend = "Mend or remove it; `column` (--column) names what is read.";
  await rm(out, { recursive: true });
  assert.equal(await pack({ sources: jsonl, column: "tokens" }), [
    "PACK_DOCUMENT",
    `FOLDER/a.jsonl:1: has no text and no tokens in the column "tokens". ${mend}`,
  ]);
  await rm(out, { recursive: true });
  assert.equal(await pack({ sources: await write("b.jsonl", '{"tokens": [1, 1.5]}'), column: "tokens" }), [
    "PACK_DOCUMENT",
    `FOLDER/b.jsonl:1: has 1.5 as token 1 in the column "tokens". ${mend}`,
  ]);
  await rm(out, { recursive: true });
  assert.equal(await pack({ sources: await write("c.jsonl", '{"tokens": [1]}'), column: "tokens" }), [
    "PACK_NOTHING",
    "1 documents of 1 tokens make no row of 4. Give more text, a smaller context, or the policy document.",
  ]);
  assert.equal(await pack({ sources: join(folder.path, "c.jsonl"), column: "tokens", context: 5 }), [
    "PACK_OTHER",
    "FOLDER/out: holds a data set of other context. Give an empty folder.",
  ]);
  const bare = join(folder.path, "bare");
  await mkdir(bare);
  const json = await readFile(join(model, "tokenizer.json"), "utf8");
  await writeFile(join(bare, "tokenizer.json"), json);
  const [code, message] = await told(
    packTokens({ sources: jsonl, tokenizer: bare, out: join(folder.path, "o"), context: 4 }),
  );
  assert.equal(
    [code, message],
    [
      "PACK_TOKEN",
      "The tokenizer has no end-of-sequence token. Give its id as the option eos (--eos), or null (--no-eos) for none.",
    ],
  );
});

test("an address that is none of a queue is told", () => {
  assert.is(
    thrown(() => bullmqQueue({ connection: "amqp://host" })).message,
    'The option connection of bullmqQueue is "amqp://host". Give an address that begins with redis:// or postgres://.',
  );
});

test.run();
