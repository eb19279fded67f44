import type { HookdictError } from "@hookdict/tensordict";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { bpe, make, vocab } from "./small.ts";

const test = suite("tokenizer.json of others");

/** What is said to be wrong. */
function problem(parts: object): string {
  const error = thrown(() => make(parts)) as HookdictError;
  assert.is(error.code, "TOKENIZER_INVALID", error.message);
  return error.message
    .replace(/^.*?can be used \(/s, "")
    .replace(/\)\. It must be a tokenizer\.json as .*$/s, "");
}

const template = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
};
const bert = { type: "BertProcessing", cls: ["<s>", 1], sep: ["<s>", 1] };

/** Each part with all of its fields. */
const PARTS: readonly (readonly [part: string, given: object])[] = [
  ["model", { ...bpe, fuse_unk: true, byte_fallback: true, ignore_merges: true, dropout: null }],
  ["model", { ...bpe, continuing_subword_prefix: "", end_of_word_suffix: "" }],
  ["model", { type: "Unigram", unk_id: 0, vocab: [["a", -1]], byte_fallback: true }],
  [
    "model",
    {
      type: "WordPiece",
      unk_token: "a",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 9,
      vocab,
    },
  ],
  ["model", { type: "WordLevel", unk_token: "a", vocab }],
  [
    "normalizer",
    {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
  ],
  ["normalizer", { type: "Prepend", prepend: "a" }],
  ["normalizer", { type: "Replace", pattern: { String: "a" }, content: "b" }],
  ["normalizer", { type: "Sequence", normalizers: [{ type: "NFC" }] }],
  ["normalizer", { type: "Strip", strip_left: true, strip_right: true }],
  ["pre_tokenizer", { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true }],
  ["pre_tokenizer", { type: "CharDelimiterSplit", delimiter: "a" }],
  ["pre_tokenizer", { type: "Digits", individual_digits: true }],
  ["pre_tokenizer", { type: "FixedLength", length: 2 }],
  ["pre_tokenizer", { type: "Metaspace", replacement: "a", prepend_scheme: "first", split: true }],
  ["pre_tokenizer", { type: "Punctuation", behavior: "Isolated" }],
  ["pre_tokenizer", { type: "Sequence", pretokenizers: [{ type: "Whitespace" }] }],
  ["pre_tokenizer", { type: "Split", pattern: { Regex: "a" }, behavior: "Isolated", invert: true }],
  ["decoder", { type: "BPEDecoder", suffix: "a" }],
  ["decoder", { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true }],
  ["decoder", { type: "CTC", pad_token: "a", word_delimiter_token: "b", cleanup: true }],
  ["decoder", { type: "Metaspace", replacement: "a", prepend_scheme: "first", split: true }],
  ["decoder", { type: "Replace", pattern: { String: "a" }, content: "b" }],
  ["decoder", { type: "Sequence", decoders: [{ type: "Fuse" }] }],
  ["decoder", { type: "Strip", content: "a", start: 1, stop: 1 }],
  ["decoder", { type: "WordPiece", prefix: "a", cleanup: true }],
  ["post_processor", template],
  ["post_processor", bert],
  ["post_processor", { ...bert, type: "RobertaProcessing", trim_offsets: true, add_prefix_space: true }],
  ["post_processor", { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true }],
  ["post_processor", { type: "Sequence", processors: [template] }],
];
const ADDED = {
  id: 0,
  content: "<unk>",
  single_word: true,
  lstrip: true,
  rstrip: true,
  normalized: true,
  special: true,
};

test("a field of the wrong type is refused in words when the file is read, whichever field it is", () => {
  let count = 0;
  for (const [part, given] of [...PARTS, ["added_tokens", ADDED] as const]) {
    const parts = (fields: object): object => ({ [part]: part === "added_tokens" ? [fields] : fields });
    make(parts(given)).encode("ab a", { pair: "b" });
    for (const name of Object.keys(given)) {
      // What no field of these can be.
      for (const bad of [{ a: "b" }, -1.5, [[{}]], "__proto__", [null]]) {
        if (bad === "__proto__" && ["a", "b", "", "<unk>", "##"].includes(String(given[name as never])))
          continue;
        const said = problem(parts({ ...given, [name]: bad }));
        assert.not.match(said, /cannot read|not a function|not iterable|undefined|call stack/i);
        count++;
      }
    }
  }
  assert.ok(count > 400, `${count} fields were tried`);
});

test("what is wrong with a field is said with its name, its part and its value", () => {
  const said = (part: string, given: object): string => problem({ [part]: given });
  assert.is(said("normalizer", { type: "Prepend", prepend: 5 }), '"prepend" of Prepend is 5, not a text');
  assert.is(
    said("normalizer", { type: "Strip", strip_left: "yes" }),
    '"strip_left" of Strip is "yes", not true or false',
  );
  assert.is(said("normalizer", [5]), '"normalizer" is [5], not a JSON object');
  assert.is(
    said("normalizer", {}),
    '"normalizer" has no type, not one of BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, ' +
      "Prepend, Replace, Sequence, Strip, StripAccents",
  );
  assert.is(
    said("pre_tokenizer", { type: "Metaspace", prepend_scheme: "last" }),
    '"prepend_scheme" of Metaspace is "last", not one of always, first, never',
  );
  assert.is(
    said("pre_tokenizer", { type: "CharDelimiterSplit", delimiter: "ab" }),
    '"delimiter" of CharDelimiterSplit is "ab", not one character',
  );
  assert.is(
    said("decoder", { type: "Strip", start: -1 }),
    '"start" of Strip is -1, not a whole number, 0 or more',
  );
  assert.is(said("model", { ...bpe, dropout: 2 }), '"dropout" of BPE is 2, not a number from 0 to 1');
  assert.is(
    said("model", { ...bpe, vocab: [["a", 1]] }),
    '"model.vocab" is a list, which is not how BPE has it',
  );
  assert.is(
    said("model", { type: "Unigram", vocab: { a: 1 } }),
    '"model.vocab" is no list, which is not how Unigram has it',
  );
  assert.is(
    said("model", { type: "Unigram", unk_id: 7, vocab: [["a", 1]] }),
    '"model.unk_id" is 7, none of the 1 tokens',
  );
  assert.is(said("model", { ...bpe, vocab: { a: 2 ** 31 } }), '"model.vocab" gives "a" the id 2147483648');
  assert.is(problem({ added_tokens: [{ id: 2 ** 31, content: "x" }] }), '"added_tokens[0].id" is 2147483648');
  assert.is(
    problem({ added_tokens: [{ id: 1, content: "x", lstrip: 1 }] }),
    '"lstrip" is 1, not true or false',
  );
});

test("merges are of tokens that there are, and of a pair that stands twice the last counts, as in tokenizers 0.23", () => {
  const merges = (list: readonly unknown[]): object => ({ model: { ...bpe, merges: list } });
  assert.is(problem(merges(["a b", "b zz"])), '"model.merges[1]" is "b zz", but the vocabulary has no "zz"');
  assert.is(problem(merges([["b", "a"]])), '"model.merges[0]" is ["b","a"], but the vocabulary has no "ba"');
  assert.is(problem(merges(["a b c"])), '"model.merges[0]" is "a b c", not two tokens');
  assert.equal(make(merges(["a b", "b c", "a b"])).encode("abc").tokens, ["a", "bc"]);
  assert.equal(make(merges(["#version: 0.2", "a b"])).encode("abc").tokens, ["ab", "c"]);
});

test("special tokens have the ids that the post-processor gives them, and a template's are all there", () => {
  const given = { ...template, special_tokens: { "<s>": { id: "<s>", ids: [9, 77], tokens: ["<s>", "x"] } } };
  const { ids, tokens } = make({ post_processor: given }).encode("a");
  assert.equal(
    [ids, tokens],
    [
      [9, 77, 2],
      ["<s>", "x", "a"],
    ],
  );
  assert.equal(make({ post_processor: { ...bert, sep: ["z", 50] } }).encode("a").ids, [1, 2, 50]);
  const said = (fields: object): string => problem({ post_processor: { ...template, ...fields } });
  assert.is(said({ special_tokens: {} }), '"special_tokens" of TemplateProcessing has no "<s>"');
  for (const id of ["constructor", "__proto__", "hasOwnProperty"])
    assert.is(
      said({ single: [{ SpecialToken: { id, type_id: 0 } }] }),
      `"special_tokens" of TemplateProcessing has no "${id}"`,
    );
  assert.is(
    said({ special_tokens: { "<s>": { ids: [1], tokens: [] } } }),
    '"special_tokens" of TemplateProcessing for "<s>" are {"tokens":[],"ids":[1]}, not as many tokens as ids',
  );
  assert.is(
    said({ single: [{}] }),
    '"single[0]" of TemplateProcessing is neither a special token nor a sequence',
  );
  assert.is(
    problem({ post_processor: { ...bert, sep: ["z"] } }),
    '"sep" of BertProcessing is ["z"], no token and its id',
  );
});

test("an added token that the model has as well goes by the model's id, as in tokenizers 0.23", () => {
  const tokenizer = make({ added_tokens: [{ id: 9, content: "ab", special: false }] });
  assert.equal(tokenizer.encode("ab").ids, [4]);
  assert.is(tokenizer.decode([4]), "ab");
});

test("what is nested without end is refused in words", () => {
  const nested = (levels: number, of: object, field: string): object => {
    let whole = of;
    for (let i = 0; i < levels; i++) whole = { type: "Sequence", [field]: [whole] };
    return whole;
  };
  const deep = (part: string): string => `"${part}" is nested more than 128 levels deep`;
  for (const levels of [200, 10_000]) {
    assert.is(problem({ normalizer: nested(levels, { type: "NFC" }, "normalizers") }), deep("normalizer"));
    assert.is(
      problem({ pre_tokenizer: nested(levels, { type: "Whitespace" }, "pretokenizers") }),
      deep("pre_tokenizer"),
    );
    assert.is(problem({ post_processor: nested(levels, template, "processors") }), deep("post_processor"));
    assert.is(problem({ decoder: nested(levels, { type: "Fuse" }, "decoders") }), deep("decoder"));
  }
  assert.equal(make({ normalizer: nested(60, { type: "NFC" }, "normalizers") }).encode("ab").ids, [4]);
});

test("expressions that do not end, that end too much or that no engine takes are refused when the file is read", () => {
  const said = (Regex: string): string =>
    problem({ pre_tokenizer: { type: "Split", behavior: "Isolated", pattern: { Regex } } });
  assert.is(said("(a"), "a group has no end");
  assert.is(said("(?i:a"), "a group has no end");
  assert.is(said("a)b"), "a bracket ends what has not begun");
  for (const open of ["(", "[", "(?i:"])
    assert.is(said(open.repeat(10_000)), "more than 200 brackets are open at once");
  assert.match(said("(?:a{1000}){1000}{1000}b"), /Invalid regular expression/);
  assert.match(
    problem({ normalizer: { type: "Replace", content: "", pattern: { String: "a", Regex: "a" } } }),
    /^"pattern" is \{"String":"a","Regex":"a"\}, neither a text nor a regular expression$/,
  );
});

test("words such as __proto__ and constructor are tokens like others", () => {
  const names = ["__proto__", "constructor", "hasOwnProperty", "toString"];
  const ids = JSON.parse(`{${names.map((name, id) => `"${name}":${id}`).join(",")}}`) as object;
  const texts = names.join(" ");
  const split = { pre_tokenizer: { type: "WhitespaceSplit" } };
  for (const model of [
    { type: "WordLevel", vocab: ids },
    { type: "WordPiece", vocab: ids, unk_token: "toString" },
    { type: "BPE", vocab: ids, merges: [], ignore_merges: true },
    { type: "Unigram", vocab: names.map((name) => [name, -1]) },
  ]) {
    const tokenizer = make({ ...split, model });
    assert.equal(tokenizer.encode(texts).ids, [0, 1, 2, 3]);
    assert.is(tokenizer.decode([0, 1, 2, 3]), texts);
    assert.is(
      (thrown(() => make({ ...split, model: { ...model, type: "constructor" } })) as HookdictError).code,
      "TOKENIZER_INVALID",
    );
  }
  assert.equal(
    make({ added_tokens: names.map((content, id) => ({ id, content })) }).encode("constructor__proto__").ids,
    [1, 0],
  );
});

test("a damaged table of characters gives some text: nothing hangs and nothing is thrown", () => {
  // A double array and the texts of its leaves, most of which are no UTF-8.
  const bytes = Uint8Array.from({ length: 4 + 4 * 256 + 4 }, (_, i) => (i * 73) % 256);
  new DataView(bytes.buffer).setUint32(0, 4 * 256, true);
  for (let at = 4; at < bytes.length; at++) {
    const damaged = Uint8Array.from(bytes);
    for (const value of [0, 0x80, 0xff]) {
      damaged[at] = value;
      const map = btoa(String.fromCharCode(...damaged));
      const tokenizer = make({ normalizer: { type: "Precompiled", precompiled_charsmap: map } });
      assert.type(tokenizer.encode("ab é ① \ud83d").ids.length, "number");
    }
  }
});

test.run();
