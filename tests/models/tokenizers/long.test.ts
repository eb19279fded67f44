import { assert, suite } from "../../gate/suite.ts";
import { make, vocab } from "./small.ts";

const test = suite("texts of any length");

const unigram = (tokens: readonly string[]): object => ({
  model: { type: "Unigram", unk_id: 0, vocab: tokens.map((token, i) => [token, -1 - i]) },
});

test("texts with halves of characters become tokens with places in them", () => {
  for (const text of ["\ud83d", "\ude00", "a\ud83d", "\ude00\ud83d b"])
    for (const pre_tokenizer of [null, { type: "ByteLevel" }, { type: "Whitespace" }, { type: "Metaspace" }])
      for (const normalizer of [null, { type: "NFKC" }, { type: "BertNormalizer" }]) {
        const { offsets } = make({ pre_tokenizer, normalizer }).encode(text);
        assert.ok(offsets.every(([start, end]) => start >= 0 && start <= end && end <= text.length));
      }
});

test("long texts without a place to cut take time in proportion to their length", () => {
  const within = (limit: number, run: () => unknown): void => {
    const start = performance.now();
    run();
    const took = performance.now() - start;
    assert.ok(took < limit, `took ${Math.round(took)} ms`);
  };
  const spaces = " ".repeat(60_000);
  const strip = make({ normalizer: { type: "Strip", strip_left: true, strip_right: true } });
  within(3000, () => strip.encode(`a${spaces}a`)); // an expression looked at each space: 10 s for 100,000
  const added = { id: 20, content: "<x>", lstrip: true, rstrip: true };
  within(3000, () => make({ added_tokens: [added] }).encode(`a${spaces}a<x>`));
  within(3000, () => make({ added_tokens: [{ ...added, single_word: true }] }).encode("<x>".repeat(20_000)));
  const long = "a".repeat(5000);
  within(3000, () => make(unigram(["<unk>", "b", long])).encode("b".repeat(20_000)));
  const piece = { type: "WordPiece", unk_token: "<unk>", max_input_chars_per_word: 1e6, vocab };
  within(3000, () => make({ model: piece }).encode(`a${"b".repeat(20_000)}`));
});

test("thousands of added tokens that begin alike cost nothing but where they stand, and the longest of them is found", () => {
  const added_tokens = Array.from({ length: 20_000 }, (_, i) => ({
    id: 20 + i,
    content: `<${i}>`,
    special: true,
  }));
  const start = performance.now();
  const tokenizer = make({
    added_tokens: [
      ...added_tokens,
      { id: 9, content: "<1>a", special: true },
      { id: 8, content: "<2>", special: true },
    ],
  });
  assert.equal(tokenizer.encode("<1>ab<1><19999><2>").ids, [9, 3, 21, 20_019, 22]);
  tokenizer.encode("<".repeat(20_000));
  const took = performance.now() - start;
  assert.ok(took < 3000, `took ${Math.round(took)} ms`);
});

test("as many bytes as there may be become a text again", () => {
  const { length } = make({ decoder: { type: "ByteFallback" } }).decode(
    Array.from({ length: 300_000 }, () => 6),
  );
  assert.is(length, 300_000);
});

test("a token that takes the spaces around it is found once in a run of spaces that it is itself", () => {
  const token = { id: 20, content: "  ", lstrip: true, rstrip: true };
  assert.equal(make({ added_tokens: [token] }).encode(`a${" ".repeat(9)}a`).ids, [2, 20, 2]);
});

test("tokens that begin alike are found in order of length, whatever their number", () => {
  const tokens = ["<unk>", "a", "aa", "aaa", "ab", "abab", "b", "ba", "é", "\u{1F600}", "\u{1F600}a"];
  const tokenizer = make(unigram(tokens));
  for (const token of tokens.slice(1)) assert.equal(tokenizer.encode(token).tokens, [token]);
  assert.equal(tokenizer.encode("zz<unk>zz").tokens, ["zz<unk>zz"]); // the unknown token itself is unknown, too
  const words = make({ model: { type: "WordPiece", unk_token: "<unk>", vocab } });
  assert.equal(words.encode("abb").tokens, ["ab", "##b"]);
  assert.equal(words.encode("aba").tokens, ["<unk>"]);
});

test.run();
