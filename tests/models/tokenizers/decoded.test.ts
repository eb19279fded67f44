import { readFileSync } from "node:fs";
import { Tokenizer } from "@hookdict/models";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("decoding any ids");

/** What Hugging Face's tokenizers 0.23.3 makes of ids drawn at random, some of them beyond the vocabulary. */
const CASES = JSON.parse(readFileSync(new URL("fixtures/decoded.json", import.meta.url), "utf8")) as Readonly<
  Record<string, readonly { readonly ids: readonly number[]; readonly text: string; readonly skip: string }[]>
>;

function load(kind: string): Tokenizer {
  const folder = new URL(`../../reference/models/families/tokenizers/${kind}/`, import.meta.url);
  const json = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  return new Tokenizer(json("tokenizer.json"), json("tokenizer_config.json"), "tokenizer.json");
}

for (const [kind, cases] of Object.entries(CASES))
  test(`${kind} gives the text that Hugging Face's gives`, () => {
    const tokenizer = load(kind);
    for (const { ids, text, skip } of cases) {
      assert.is(tokenizer.decode(ids), text, ids.join());
      assert.is(tokenizer.decode(ids, { skipSpecialTokens: true }), skip, ids.join());
    }
  });

test.run();
