import { encodeUtf8 } from "@hookdict/tensordict/io";
import { GPT2, Tokenizer } from "@hookdict/models";
import { assert, rejected, suite, thrown } from "../gate/suite.ts";
import { ioiTiny } from "./ioi-tiny.ts";
import { jsonFile, tinyFiles } from "./loading/tiny.ts";
import { take } from "../support/values.ts";

const test = suite("tokens of GPT2");

/** A tokenizer of whole words. */
const words = {
  added_tokens: [{ id: 0, content: "<bos>", special: true }],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: null,
  model: { type: "WordLevel", vocab: { "<bos>": 0, "<unk>": 1, a: 2, b: 3, far: 9 }, unk_token: "<unk>" },
};
const settings = { bos_token: "<bos>" };
const tokenizer = (json: object = {}, config: unknown = settings): Tokenizer =>
  new Tokenizer({ ...words, ...json }, config, "tokenizer.json");
const codeOf = (error: Error): string => (error as Error & { code: string }).code;

test("a text becomes its words' ids after the beginning-of-sequence token, which is 0 for ioi-tiny", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  assert.is(model.tokenizer.bosTokenId, 0);
  assert.equal(model.tokenIds("When Mary and"), [0, 40, 26, 44]);
  assert.equal(model.tokenIds("When Mary and", { prependBos: false }), [40, 26, 44]);
  assert.equal(model.tokenLabels("When Mary and"), ["<|endoftext|>", "When", "Mary", "and"]);
});

test("texts become int32 [batch, pos]", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const tokens = model.tokens(["When Mary", "After John"]);
  assert.equal([tokens.dtype, tokens.shape], ["int32", [2, 3]]);
  assert.equal(take(tokens), [0, 40, 26, 0, 4, 22]);
});

test("ids become text again", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  assert.is(model.decode([40, 26, 44]), "When Mary and");
  assert.is(model.decode(Int32Array.of(26)), "Mary");
  assert.is(model.decode([]), "");
  assert.is(model.singleToken("Mary"), 26);
});

test("a word that the vocabulary lacks is refused, or becomes the unknown token", () => {
  const error = thrown(() => tokenizer().ids("a zebra b zebra"));
  assert.is(codeOf(error), "TEXT_UNKNOWN");
  assert.is(
    error.message,
    'The vocabulary has no "zebra", which "a zebra b zebra" contains. Use other words; where the tokenizer has an ' +
      'unknown token, { unknown: "allow" } puts it in their place.',
  );
  assert.equal(tokenizer().ids("a zebra b", { unknown: "allow" }), [0, 2, 1, 3]);
});

test("the unknown token itself may be written", () => {
  assert.equal(tokenizer().ids("a <unk>"), [0, 2, 1]);
});

test("without an unknown token, an unknown word is refused even where it is allowed", () => {
  const bare = tokenizer({ model: { ...words.model, unk_token: null } });
  assert.is(codeOf(thrown(() => bare.ids("zebra", { unknown: "allow" }))), "TEXT_UNKNOWN");
});

test("the first token comes from the tokenizer's settings, else from config.json, else it must not be asked for", () => {
  assert.is(tokenizer({}, { bos_token: { content: "a" } }).bosTokenId, 2);
  assert.is(new Tokenizer(words, {}, "tokenizer.json", 3).bosTokenId, 3);
  const error = thrown(() => tokenizer({}, {}).ids("a"));
  assert.is(codeOf(error), "NO_BOS");
  assert.is(error.message, "The model names no beginning-of-sequence token. Give { prependBos: false }.");
  assert.equal(tokenizer({}, {}).ids("a", { prependBos: false }), [2]);
});

test("a text of several tokens, or of none, is no single token", () => {
  const error = thrown(() => tokenizer().single("a b"));
  assert.is(codeOf(error), "NOT_SINGLE_TOKEN");
  assert.is(
    error.message,
    '"a b" is 2 tokens: "a", "b". Give a text that is one token; a leading space often matters.',
  );
  assert.is(
    thrown(() => tokenizer().single("")).message,
    '"" is 0 tokens. Give a text that is one token; a leading space often matters.',
  );
});

test("an id that the tokenizer does not know has no text: it is left out, and has no label", () => {
  assert.is(tokenizer().decode([2, 7, 999_999, 2]), tokenizer().decode([2, 2]));
  assert.is(tokenizer().decode([7]), "");
  const message = (id: number): string =>
    `The tokenizer has no token with the id ${id}. Decode ids that came from this tokenizer.`;
  for (const [id, read] of [
    [7, () => tokenizer().label(7)],
    [-1, () => tokenizer().decode([2, -1])],
    [1.5, () => tokenizer().decode([1.5])],
  ] as const) {
    const error = thrown(read);
    assert.is(codeOf(error), "TOKEN_UNKNOWN");
    assert.is(error.message, message(id));
  }
});

test("texts of different lengths make no batch", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const error = thrown(() => model.tokens(["When Mary", "When"]));
  assert.is(codeOf(error), "TEXTS_LENGTHS");
  assert.is(
    error.message,
    "The texts have different numbers of tokens: 3, 2. Give texts of equal length, or run them one by one.",
  );
});

test("a token beyond the model's vocabulary is refused where it is made", () => {
  const sizes = { nLayers: 1, nHeads: 1, dModel: 2, dVocab: 5, nPositions: 3 };
  using model = GPT2.fromConfig(sizes, { tokenizer: tokenizer() });
  const error = thrown(() => model.tokens(["a b", "b far"]));
  assert.is(codeOf(error), "TOKENIZER_FOREIGN");
  assert.is(
    error.message,
    'The tokenizer gives token 9, "far"; the model has 5 tokens: they do not belong together. ' +
      "Load the model with the tokenizer.json of its own checkpoint.",
  );
});

test("a model without a tokenizer says so", async () => {
  using model = await GPT2.fromPretrained(await tinyFiles());
  const hint = "Load it from a directory with a tokenizer.json, or call it with int32 token ids.";
  for (const use of [() => model.tokens("a"), () => model.decode([1]), () => model.singleToken("a")]) {
    assert.is(codeOf(thrown(use)), "NO_TOKENIZER");
    assert.is(
      thrown(use).message,
      `The model has no tokenizer, so it cannot turn text into tokens or back. ${hint}`,
    );
  }
});

test("a tokenizer.json that is none is refused, with what is wrong", async () => {
  const hint = "It must be a tokenizer.json as Hugging Face's tokenizers write it.";
  const refuse = async (bytes: Uint8Array): Promise<string> => {
    const error = await rejected(GPT2.fromPretrained(await tinyFiles({ "tokenizer.json": bytes })));
    assert.is(codeOf(error), "TOKENIZER_INVALID");
    return error.message;
  };
  const is = (problem: string): string =>
    `memory/tokenizer.json: is no tokenizer that can be used (${problem}). ${hint}`;
  const model = (changes: object) => jsonFile({ ...words, model: { ...words.model, ...changes } });
  assert.is(await refuse(jsonFile([])), is("it is not a JSON object"));
  assert.is(await refuse(jsonFile({})), is('"model" is not a JSON object'));
  assert.is(await refuse(model({ vocab: 3 })), is('"model.vocab" is not a JSON object'));
  assert.is(await refuse(model({ vocab: { a: -1 } })), is('"model.vocab" gives "a" the id -1'));
  assert.is(await refuse(model({ vocab: { a: "x" } })), is('"model.vocab" gives "a" the id "x"'));
  assert.is(await refuse(model({ type: "BPE" })), is('"model.merges" is not a list'));
  const added = (token: object) => jsonFile({ ...words, added_tokens: [{ id: 1, content: "x", ...token }] });
  assert.is(await refuse(added({ id: "1" })), is('"added_tokens[0].id" is "1"'));
  assert.is(await refuse(added({ id: -1 })), is('"added_tokens[0].id" is -1'));
  assert.is(await refuse(added({ content: 5 })), is('"added_tokens[0].content" is 5'));
  assert.is(await refuse(jsonFile({ ...words, added_tokens: null })), is('"added_tokens" is not a list'));
  assert.is(
    await refuse(model({ vocab: [["a", 0], ["b"]] })),
    is('"model.vocab[1]" is ["b"], no token and its score'),
  );
  assert.is(
    await refuse(model({ type: "BPE", merges: ["a b", "ab"] })),
    is('"model.merges[1]" is "ab", not two tokens'),
  );
  assert.is(
    await refuse(model({ type: "BPE", merges: [["a"]] })),
    is('"model.merges[0]" is ["a"], not two tokens'),
  );
});

test("parts of a tokenizer.json that are not known are refused, with what is", async () => {
  const hint = "It must be a tokenizer.json as Hugging Face's tokenizers write it.";
  const is = async (parts: object, problem: string): Promise<void> => {
    const error = await rejected(
      GPT2.fromPretrained(await tinyFiles({ "tokenizer.json": jsonFile({ ...words, ...parts }) })),
    );
    assert.is(codeOf(error), "TOKENIZER_INVALID");
    assert.is(error.message, `memory/tokenizer.json: is no tokenizer that can be used (${problem}). ${hint}`);
  };
  await is(
    { pre_tokenizer: { type: "UnicodeScripts" } },
    '"pre_tokenizer" is "UnicodeScripts", not one of BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, ' +
      "FixedLength, Metaspace, Punctuation, Sequence, Split, Whitespace, WhitespaceSplit",
  );
  await is(
    { normalizer: { type: "Sequence", normalizers: [{ type: "Foo" }] } },
    '"normalizer" is "Foo", not one of BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, ' +
      "Prepend, Replace, Sequence, Strip, StripAccents",
  );
  await is(
    { post_processor: { type: "Foo" } },
    '"post_processor" is "Foo", not one of TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence',
  );
  await is(
    { decoder: { type: "Foo" } },
    '"decoder" is "Foo", not one of BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece',
  );
  await is({ decoder: { type: "Sequence" } }, '"decoders" is not a list');
  await is(
    { model: { ...words.model, type: "Foo" } },
    '"model.type" is "Foo", not one of BPE, Unigram, WordLevel, WordPiece',
  );
  const split = (pattern: unknown, behavior = "Isolated"): object => ({
    pre_tokenizer: { type: "Split", pattern, behavior },
  });
  await is(split({}), '"pattern" is {}, neither a text nor a regular expression');
  await is(split({ Regex: "[a" }), "a set of characters has no end");
  await is(split({ Regex: "[[:foo:]]" }), "[:foo:] is no class of characters");
  await is(split({ Regex: "\\p{L" }), "a property has no end");
  await is(split({ Regex: "\\X" }), "\\X is not known");
  await is(
    split({ String: "a" }, "Foo"),
    '"behavior" is "Foo", not one of Removed, Isolated, Contiguous, MergedWithPrevious, MergedWithNext',
  );
  await is({ pre_tokenizer: { type: "Sequence" } }, '"pretokenizers" is not a list');
  await is({ normalizer: { type: "Sequence" } }, '"normalizers" is not a list');
  await is(
    { pre_tokenizer: { type: "FixedLength", length: 0 } },
    '"length" of FixedLength is 0, not a whole number, 1 or more',
  );
  const table = (map: unknown): object => ({
    normalizer: { type: "Precompiled", precompiled_charsmap: map },
  });
  await is(table(5), '"precompiled_charsmap" is not a text');
  await is(table("*"), '"precompiled_charsmap" is no base64');
  await is(table("AAAA"), '"precompiled_charsmap" is no table of characters');
});

test("a tokenizer.json that is no JSON is refused", async () => {
  const files = await tinyFiles({ "tokenizer.json": encodeUtf8("{") });
  const error = await rejected(GPT2.fromPretrained(files));
  assert.is(codeOf(error), "JSON_INVALID");
  assert.ok(error.message.startsWith("memory/tokenizer.json: is not valid JSON ("));
});

test("a byte-level tokenizer, as GPT-2 has one, keeps spaces with the words", () => {
  const gpt2 = tokenizer({
    added_tokens: [{ id: 9, content: "<bos>", special: true }],
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      unk_token: null,
      vocab: { a: 0, b: 1, Ġ: 2, Ġa: 3, Ġab: 4, Ã: 5, "©": 6, "<bos>": 9 },
      merges: ["Ġ a", "Ġa b"],
    },
  });
  assert.equal(gpt2.ids("ab ab a"), [9, 0, 1, 4, 3]);
  assert.is(gpt2.decode([0, 1, 4, 3]), "ab ab a");
  assert.equal(gpt2.ids("aé", { prependBos: false }), [0, 5, 6]);
  assert.is(gpt2.decode([5, 6]), "é");
  assert.is(gpt2.label(4), " ab");
  assert.equal(gpt2.ids("a<bos> a", { prependBos: false }), [0, 9, 3]);
});

test.run();
