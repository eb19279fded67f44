import { Tokenizer } from "@hookdict/models";

/** Few enough tokens to see. */
export const vocab = {
  "<unk>": 0,
  "<s>": 1,
  a: 2,
  b: 3,
  ab: 4,
  "##b": 5,
  "<0xC3>": 6,
  " ": 7,
  abc: 8,
  c: 9,
  bc: 10,
};
export const bpe = { type: "BPE", unk_token: "<unk>", vocab, merges: ["a b", "ab c"] };
export const plain = {
  added_tokens: [] as unknown[],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: bpe as object,
};
/** A tokenizer of byte pair encoding that does nothing else, but for the parts that are given. */
export const make = (parts: object): Tokenizer => new Tokenizer({ ...plain, ...parts }, {}, "f");
