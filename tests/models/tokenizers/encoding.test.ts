import type { HookdictError } from "@hookdict/tensordict";
import {
  firstTokenFrom,
  labelTokens,
  loadTokenizer,
  nearestToken,
  spanOfToken,
  tokenAt,
  Tokenizer,
  tokensIn,
} from "@hookdict/models";
import * as fc from "fast-check";
import { fileURLToPath } from "node:url";
import { assert, suite, thrown } from "../../gate/suite.ts";

const test = suite("encodings");

async function open(name: string): Promise<Tokenizer> {
  const path = `../../reference/models/families/tokenizers/${name}/`;
  const tokenizer = await loadTokenizer(fileURLToPath(new URL(path, import.meta.url)));
  if (tokenizer === undefined) throw new Error(`${name} has no tokenizer.json`);
  return tokenizer;
}

const words = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: null,
  model: { type: "WordLevel", vocab: { a: 0, b: 1 }, unk_token: "<unk>" },
};

const [bert, gpt2, llama3, roberta, t5] = await Promise.all([
  open("bert-wordpiece"),
  open("gpt2-bytelevel"),
  open("llama3-chat"),
  open("roberta-bytelevel"),
  open("t5-unigram"),
]);

/** Code and message of what a call throws. */
function fault(fn: () => unknown): [string, string] {
  const error = thrown(fn) as HookdictError;
  return [error.code, error.message];
}

test("spaces, what is composed and characters of two units lie where tokenizers 0.23 puts them", () => {
  for (const [tokenizer, text, ids, offsets] of [
    [roberta, "  ", [286], [[2, 2]]],
    [
      roberta,
      "\u{1D518}",
      [225, 177, 256, 247, 251],
      [
        [0, 0],
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 2],
      ],
    ],
    [
      roberta,
      "<mask>\u{1F600}",
      [4, 620],
      [
        [0, 6],
        [8, 8],
      ],
    ],
    [
      t5,
      "e\u0301",
      [259, 336],
      [
        [0, 1],
        [0, 1],
      ],
    ],
    [
      t5,
      "\uFF76\uFF9E ",
      [259, 230, 133, 175, 259],
      [
        [0, 1],
        [0, 1],
        [0, 1],
        [0, 1],
        [2, 3],
      ],
    ],
    [
      t5,
      "\u2167\u0300",
      [259, 568, 718, 718, 198, 143],
      [
        [0, 1],
        [0, 1],
        [0, 1],
        [0, 1],
        [1, 2],
        [1, 2],
      ],
    ],
    [
      t5,
      "\0",
      [259, 3],
      [
        [0, 1],
        [0, 1],
      ],
    ],
  ] as const) {
    const encoding = tokenizer.encode(text, { addSpecialTokens: false });
    assert.equal([encoding.ids, encoding.offsets], [ids, offsets], JSON.stringify(text));
  }
});

test("shorter texts are filled up on the left, or on the right, and the mask says where", () => {
  const left = bert.encodeBatch(["a fox", "dog"]);
  assert.equal(left.mask, [
    [1, 1, 1, 1],
    [0, 1, 1, 1],
  ]);
  const right = bert.encodeBatch(["a fox", "dog"], { side: "right" });
  assert.equal(right.mask[1], [1, 1, 1, 0]);
  assert.is(right.ids[1]?.at(-1), bert.padTokenId);
});

test("pairs in a batch become pairs", () => {
  const { encodings } = bert.encodeBatch([["a fox", "dog"]]);
  assert.equal(encodings[0]?.typeIds, [0, 0, 0, 0, 1, 1]);
});

test("a place in a text leads to its token, and a token to its place", () => {
  const text = "The quick brown fox";
  const encoding = bert.encode(text);
  const fox = text.indexOf("fox");
  const token = tokenAt(encoding, fox) ?? -1;
  assert.is(encoding.tokens[token], "fox");
  assert.equal(spanOfToken(encoding, token), [fox, fox + 3]);
  assert.is(spanOfToken(encoding, 0), undefined);
  assert.is(tokenAt(encoding, fox - 1), undefined);
  assert.equal(nearestToken(encoding, fox - 1), { token: token - 1, isExact: false });
  assert.is(firstTokenFrom(encoding, fox - 1), token);
});

test("a stretch of a text leads to its tokens, also of the second text", () => {
  const encoding = bert.encode("a fox", { pair: "the lazy dog" });
  const tokens = tokensIn(encoding, 4, 8, 1).map((token) => encoding.tokens[token]);
  assert.equal(tokens, ["la", "##z", "##y"]);
});

test("tokens take the name of the first stretch that they lie in", () => {
  const encoding = bert.encode("the dog");
  const spans = [
    { name: "animal", start: 4, end: 7 },
    { name: "all", start: 0, end: 7 },
  ];
  assert.equal(labelTokens(encoding, spans), ["other", "all", "animal", "other"]);
});

test("whatever the text, offsets lie in it, in order, and byte-level tokens leave nothing out", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
      const { offsets } = gpt2.encode(text);
      const covered = new Set(
        offsets.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)),
      );
      assert.is(covered.size, text.length);
      for (const [i, [start, end]] of offsets.entries()) {
        assert.ok(start >= (offsets[i - 1]?.[0] ?? 0) && start < end && end <= text.length);
      }
      assert.is(gpt2.decode(gpt2.encode(text).ids), text);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("a tokenizer knows which ids it has", () => {
  assert.equal(
    [0, 1, 2, -1].map((id) => new Tokenizer(words, {}, "tokenizer.json").has(id)),
    [true, true, false, false],
  );
});

test("texts that cannot be filled up are refused", () => {
  const tokenizer = new Tokenizer(words, {}, "tokenizer.json");
  assert.equal(
    fault(() => tokenizer.encodeBatch(["a b", "a"])),
    [
      "NO_PAD",
      "The texts have different numbers of tokens: 2, 1; the tokenizer names no token to fill up with. " +
        "Give { padTokenId }: the mask hides it, so any will do.",
    ],
  );
  assert.equal(tokenizer.encodeBatch(["a b", "a"], { padTokenId: 1 }).ids, [
    [0, 1],
    [1, 0],
  ]);
});

test("a tokenizer without a chat template says so", () => {
  assert.equal(
    fault(() => gpt2.chat([])),
    [
      "NO_CHAT_TEMPLATE",
      'The tokenizer has no chat template "default". ' +
        'It comes as "chat_template" in tokenizer_config.json, or in chat_template.jinja.',
    ],
  );
});

test("what a chat template throws is kept", () => {
  const config = { chat_template: "{{ raise_exception('roles must alternate') }}" };
  const tokenizer = new Tokenizer(words, config, "tokenizer.json");
  assert.equal(
    fault(() => tokenizer.chat([])),
    [
      "CHAT_TEMPLATE",
      "The chat template refused the messages: roles must alternate. " +
        "Give the roles, in the order, that the model was trained with.",
    ],
  );
});

test("tools and documents that are not given are none, as in Hugging Face", () => {
  const template =
    "{% if tools is not none %}{{ tools | tojson }}{% endif %}{% if documents is none %}-{% endif %}";
  const tokenizer = new Tokenizer(words, { chat_template: template }, "tokenizer.json");
  assert.is(tokenizer.chat([]), "-");
  assert.is(tokenizer.chat([], { variables: { tools: [{ name: "f" }] } }), '[{"name": "f"}]-');
});

test("a chat template may have a name", () => {
  const config = { chat_template: [{ name: "tools", template: "{{ messages[0].content }}{{ extra }}" }] };
  const tokenizer = new Tokenizer(words, config, "tokenizer.json");
  const text = tokenizer.chat([{ role: "user", content: "a" }], {
    template: "tools",
    variables: { extra: "!" },
  });
  assert.is(text, "a!");
  assert.is(llama3.chat([]), "<|begin_of_text|>");
});

test.run();
