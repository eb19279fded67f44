import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PackOptions, packTokens, TokenSet } from "@hookdict/harvest";
import { loadTokenizer } from "@hookdict/models";
import * as fc from "fast-check";
import { assert, rejected, suite } from "../gate/suite.ts";
import { temporaryFolder } from "./support/folder.ts";

const test = suite("packTokens");

const model = fileURLToPath(new URL("../../examples/ioi-patching/model/", import.meta.url));
const sentences = ["When Mary and John went to the store", "John gave a drink to Mary", "Mary and John"];

/** All rows of a data set. */
async function rowsOf(where: string): Promise<number[][]> {
  await using tokens = await TokenSet.open(where);
  const { rows, context } = tokens.file;
  const { tokens: ids } = await tokens.read(0, rows);
  return Array.from({ length: rows }, (_, row) => [...ids.subarray(row * context, (row + 1) * context)]);
}

/** Packs documents of tokens. */
async function packed(
  documents: readonly (readonly number[])[],
  options: Partial<PackOptions>,
): Promise<{ readonly rows: number[][]; readonly dropped: number; readonly documents: number[] }> {
  await using folder = await temporaryFolder();
  const [sources, out] = [join(folder.path, "a.jsonl"), join(folder.path, "out")];
  await writeFile(sources, documents.map((tokens) => JSON.stringify({ tokens })).join("\n"));
  const { dropped } = await packTokens({
    sources,
    out,
    context: 4,
    column: "tokens",
    bos: 0,
    eos: 9,
    ...options,
  });
  await using set = await TokenSet.open(out);
  const { document } = await set.read(0, set.file.rows);
  return { rows: await rowsOf(out), dropped, documents: [...document] };
}

test("documents follow each other, with the beginning first in rows and the end between documents", async () => {
  const { rows, dropped, documents } = await packed([[1, 2], [3, 4, 5], [6]], {});
  assert.equal(rows, [
    [0, 1, 2, 9],
    [0, 3, 4, 5],
  ]);
  assert.equal(documents, [0, 0, 0, 0, 1, 1, 1, 1]);
  assert.is(dropped, 1);
});

test("a document in each row is cut, or padded with a mask", async () => {
  await using folder = await temporaryFolder();
  const [sources, out] = [join(folder.path, "a.jsonl"), join(folder.path, "out")];
  await writeFile(sources, '{"tokens": [1, 2]}\n\n{"tokens": [3, 4, 5, 6]}\n');
  const options = { sources, out, context: 4, column: "tokens", bos: 0, pad: 8, policy: "document" } as const;
  const { dropped } = await packTokens(options);
  assert.equal(await rowsOf(out), [
    [0, 1, 2, 8],
    [0, 3, 4, 5],
  ]);
  await using set = await TokenSet.open(out);
  assert.equal([...((await set.read(0, 2)).mask ?? [])], [1, 1, 1, 0, 1, 1, 1, 1]);
  assert.is(dropped, 1);
});

test("rows are the same for any number of rows in a file", async () => {
  const documents = fc.array(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 9 }), {
    minLength: 6,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom("concat", "document"),
      fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      async (given, rowsPerFile, policy, shuffleDocuments) => {
        const all = [[1, 2, 3, 4], ...given];
        const options = { policy, ...(shuffleDocuments !== undefined && { shuffleDocuments }) } as const;
        const [whole, parts] = [await packed(all, options), await packed(all, { ...options, rowsPerFile })];
        assert.equal(parts, whole);
      },
    ),
    { numRuns: 16 },
  );
});

test("a line that is longer than what is read at a time is whole, also where a character is cut", async () => {
  await using folder = await temporaryFolder();
  const long = Array.from({ length: 500_000 }, (_, i) => i % 10);
  const lines = ["[7]", JSON.stringify(long), "[8]"].map(
    (list) => `{"é": "${"é".repeat(333)}", "tokens": ${list}}`,
  );
  const sources = join(folder.path, "a.jsonl");
  await writeFile(sources, lines.join("\n"));
  const out = join(folder.path, "out");
  const { tokens } = await packTokens({ sources, out, column: "tokens", context: 2, bos: null, eos: null });
  assert.is(tokens, 500_002);
  const ids = (await rowsOf(out)).flat();
  assert.equal([ids[0], ids.slice(1, 500_001), ids[500_001]], [7, long, 8]);
});

test("packing that was stopped goes on, with the same bytes", async () => {
  await using folder = await temporaryFolder();
  const [sources, whole, cut] = ["a.jsonl", "whole", "cut"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(
    sources,
    Array.from({ length: 20 }, (_, n) => JSON.stringify({ tokens: [n, n + 1, n + 2, 7, 7] })).join("\n"),
  );
  const options = { sources, context: 4, column: "tokens", bos: 0, eos: 9, rowsPerFile: 5 } as const;
  const want = await packTokens({ ...options, out: whole });
  const stop = (): void => {
    throw new Error("stopped");
  };
  assert.is((await rejected(packTokens({ ...options, out: cut, onProgress: stop }))).message, "stopped");
  assert.equal(await packTokens({ ...options, out: cut }), want);
  assert.equal(await rowsOf(cut), await rowsOf(whole));
});

test("texts become the tokenizer's tokens, from lines, columns and Parquet alike", async () => {
  await using folder = await temporaryFolder();
  const tokenizer = await loadTokenizer(model);
  const want = sentences.map((text) => tokenizer?.ids(text, { prependBos: false }) ?? []);
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder.path, name);
    await writeFile(file, text);
    return file;
  };
  const text = await write("a.txt", `${sentences.join("\r\n")}\n`);
  const jsonl = await write("b.jsonl", sentences.map((each) => JSON.stringify({ body: each })).join("\n"));
  for (const [i, options] of [
    { sources: text, textDocuments: "line" } as const,
    { sources: jsonl, column: "body" },
    ...["zstd", "gzip", "snappy"].map((codec) => ({
      sources: fileURLToPath(new URL(`data/sentences-${codec}.parquet`, import.meta.url)),
    })),
  ].entries()) {
    const out = join(folder.path, `out-${i}`);
    const file = await packTokens({ ...options, tokenizer: model, out, context: 12, policy: "document" });
    assert.equal([file.dtype, file.documents], ["U16", 3]);
    const rows = await rowsOf(out);
    assert.equal(
      rows.map((row, n) => row.slice(1, 1 + (want[n]?.length ?? 0))),
      want,
    );
  }
});

test("a column of lists of tokens is read from Parquet", async () => {
  await using folder = await temporaryFolder();
  const sources = fileURLToPath(new URL("data/sentences-zstd.parquet", import.meta.url));
  const options = { sources, out: folder.path, context: 3, column: "tokens", bos: null, eos: null } as const;
  await packTokens(options);
  assert.equal(await rowsOf(folder.path), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

test("shuffled documents are the same documents in an order that the seed determines", async () => {
  const documents = Array.from({ length: 12 }, (_, n) => [n + 1, n + 1, n + 1]);
  const options = { eos: null, context: 4 };
  const drawn = async (shuffleDocuments: number): Promise<number[]> =>
    (await packed(documents, { ...options, shuffleDocuments })).rows.map((row) => row[1] ?? 0);
  const [a, again, b] = [await drawn(1), await drawn(1), await drawn(2)];
  assert.equal(a, again);
  assert.not.equal(a, b);
  assert.equal(
    a.sort((x, y) => x - y),
    Array.from({ length: 12 }, (_, n) => n + 1),
  );
});

test("a word that the vocabulary lacks is told with its file and line", async () => {
  await using folder = await temporaryFolder();
  const sources = join(folder.path, "a.txt");
  await writeFile(sources, "Mary and John\nMary and Zorblax\n");
  const options = { sources, tokenizer: model, out: join(folder.path, "out"), context: 4 } as const;
  const error = await rejected(packTokens({ ...options, textDocuments: "line" }));
  assert.match(error.message, /a\.txt:2: .*Zorblax/);
  assert.is((error as { code?: string }).code, "PACK_TEXT");
});

test.run();
