import { Tokenizer } from "@hookdict/models";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("regular expressions of tokenizers");

/** What an expression of tokenizer.json finds in a text, by a tokenizer that cuts there and keeps nothing else. */
function found(source: string, text: string): readonly string[] {
  const tokenizer = new Tokenizer(
    {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: "Split", pattern: { Regex: source }, behavior: "Removed", invert: true },
      post_processor: null,
      decoder: null,
      model: { type: "WordLevel", vocab: { "?": 0 }, unk_token: "?" },
    },
    {},
    "memory",
  );
  return tokenizer.encode(text).offsets.map(([start, end]) => text.slice(start, end));
}

test("white space, digits and words are Unicode's, and no byte order mark is a space", () => {
  assert.equal(found(String.raw`\s+`, "a \u0085\u3000b\uFEFFc"), [" \u0085\u3000"]);
  assert.equal(found(String.raw`\d`, "1٣½"), ["1", "٣"]);
  assert.equal(found(String.raw`\w+`, "naïve_ あ-Ⅷ"), ["naïve_", "あ", "Ⅷ"]);
  assert.equal(found(String.raw`\bé\w`, "éa xéb"), ["éa"]);
  assert.equal(found(String.raw`\h{2}`, "fe zz 1g"), ["fe"]);
});

test("classes hold what Oniguruma's hold", () => {
  const text = "aé ½ ①² ٣Ⅷ Ⓐ _‿ x\u0301x a$+- STRASSE Σς\u0085\r\n";
  const words = ["aé", "٣Ⅷ", "Ⓐ", "_‿", "x\u0301x", "a", "STRASSE", "Σς"];
  assert.equal(found(String.raw`\w+`, text), ["aé", "½", "²", ...words.slice(1)]);
  for (const same of [String.raw`[\w]+`, String.raw`[^\W]+`, "[[:word:]]+"])
    assert.equal(found(same, text), words, same);
  assert.equal(found(String.raw`\p{Alnum}+`, text), ["aé", "٣Ⅷ", "Ⓐ", "x", "x", "a", "STRASSE", "Σς"]);
  assert.equal(found("[[:alpha:]]+", text), ["aé", "Ⅷ", "Ⓐ", "x", "x", "a", "STRASSE", "Σς"]);
  assert.equal(found("[[:punct:]]+", text), ["Ⓐ", "_‿", "$+-"]);
  assert.equal(found("[[:lower:]]", text), ["a", "é", "x", "x", "a", "ς"]);
  assert.equal(found(String.raw`\R`, text), ["\u0085", "\r\n"]);
});

test("sets hold sets, classes, dashes and signs, and both sides of an intersection", () => {
  assert.equal(found(String.raw`[^(\s|[.,!]x)]+`, "ab(c|d.e x"), ["ab", "c", "d", "e"]);
  assert.equal(found("[a-z&&[^b]]+", "abc"), ["a", "c"]);
  assert.equal(found("[-+*/=]", "a-b=c"), ["-", "="]);
  assert.equal(found(String.raw`[\w-]+`, "a-b c"), ["a-b", "c"]);
  assert.equal(found("[]a]+", "]a["), ["]a"]);
  assert.equal(found("[[:upper:][:digit:]]+", "aB1c"), ["B1"]);
  assert.equal(found(String.raw`[\x21-\x2F]+`, 'a!"/b'), ['!"/']);
});

test("groups and whole expressions ignore case where they say so", () => {
  assert.equal(found("(?i:'s|'T)|x", "'S 's 't X x"), ["'S", "'s", "'t", "x"]);
  assert.equal(found("(?i)a[b-d]", "aC AB ae"), ["aC", "AB"]);
  assert.equal(found("a(?i:b)c", "aBc aBC"), ["aBc"]);
});

test("scripts go by their bare names, and quantifiers may be possessive", () => {
  assert.equal(found(String.raw`\p{Han}+|\p{^L}`, "漢字か1"), ["漢字", "1"]);
  assert.equal(found(String.raw`[^\r\n\p{L}\p{N}]?+\p{L}++`, " a1b"), [" a", "b"]);
  assert.equal(found("{a{,2}}", "{aa}"), ["{aa}"]);
});

test("lines end with a line feed alone, and places may be of the whole text", () => {
  assert.equal(found("^.", "a\nb\rc"), ["a", "b"]);
  assert.equal(found(".$", "a\rb\nc"), ["b", "c"]);
  assert.equal(found(String.raw`\A.|.\z`, "ab\ncd"), ["a", "d"]);
});

test.run();
