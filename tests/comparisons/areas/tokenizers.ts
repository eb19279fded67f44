import { type ChatMessage, type Encoding, loadTokenizer, type Tokenizer } from "@hookdict/models";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Area, Item } from "../area.ts";

interface TextCase {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly offsets: readonly (readonly number[])[];
  readonly offsets_utf16?: readonly (readonly number[])[];
  readonly special_tokens_mask: readonly number[];
  readonly ids_without_special: readonly number[];
  readonly decoded: string;
  readonly decoded_skipping_special: string;
}

interface PairCase {
  readonly text: string;
  readonly pair: string;
  readonly ids: readonly number[];
  readonly type_ids: readonly number[];
  readonly offsets: readonly (readonly number[])[];
  readonly offsets_utf16?: readonly (readonly number[])[];
  readonly sequence_ids: readonly (number | null)[];
}

interface ChatCase {
  readonly messages: readonly ChatMessage[];
  readonly add_generation_prompt: boolean;
  readonly text: string;
  readonly ids: readonly number[];
}

interface Cases {
  readonly cases: readonly TextCase[];
  readonly pairs?: readonly PairCase[];
  readonly chat?: readonly ChatCase[];
}

/** Tokenizers: tokens of texts and pairs with their places, texts of tokens, chats. One item for each tokenizer. */
export const tokenizers: Area = {
  name: "tokenizers",
  at: "models/families/tokenizers",
  async items(folder) {
    const all = join(folder, "models", "families", "tokenizers");
    const isKind = (name: string): boolean =>
      ["cases.json", "tokenizer.json"].some((file) => existsSync(join(all, name, file)));
    const names = (await readdir(all, { withFileTypes: true })).filter(({ name }) => isKind(name));
    return names.map(({ name }): Item => ({ name, check: () => check(join(all, name)) }));
  },
};

async function check(directory: string): Promise<readonly string[]> {
  const {
    cases,
    pairs = [],
    chat = [],
  } = JSON.parse(await readFile(join(directory, "cases.json"), "utf8")) as Cases;
  const tokenizer = await loadTokenizer(directory);
  if (tokenizer === undefined) return ["there is no tokenizer.json"];
  return [
    ...cases.flatMap((each) => named(each.text, checkText(tokenizer, each))),
    ...pairs.flatMap((each) => named(`${each.text} + ${each.pair}`, checkPair(tokenizer, each))),
    ...chat.flatMap((each) => named(`chat of ${each.messages.length}`, checkChat(tokenizer, each))),
  ];
}

function checkText(tokenizer: Tokenizer, one: TextCase): string[] {
  const encoding = tokenizer.encode(one.text);
  return [
    ...same("ids", encoding.ids, one.ids),
    ...same("tokens", encoding.tokens, one.tokens),
    ...same("offsets", encoding.offsets, one.offsets_utf16 ?? one.offsets),
    ...same("special tokens", encoding.specialTokensMask, one.special_tokens_mask),
    ...same(
      "ids alone",
      tokenizer.encode(one.text, { addSpecialTokens: false }).ids,
      one.ids_without_special,
    ),
    ...same("decoded", tokenizer.decode(one.ids), one.decoded),
    ...same(
      "decoded without special tokens",
      tokenizer.decode(one.ids, { skipSpecialTokens: true }),
      one.decoded_skipping_special,
    ),
  ];
}

function checkPair(tokenizer: Tokenizer, one: PairCase): string[] {
  const encoding: Encoding = tokenizer.encode(one.text, { pair: one.pair });
  return [
    ...same("ids", encoding.ids, one.ids),
    ...same("type ids", encoding.typeIds, one.type_ids),
    ...same("offsets", encoding.offsets, one.offsets_utf16 ?? one.offsets),
    ...same("sequences", encoding.sequenceIds, one.sequence_ids),
  ];
}

function checkChat(tokenizer: Tokenizer, one: ChatCase): string[] {
  const text = tokenizer.chat(one.messages, { addGenerationPrompt: one.add_generation_prompt });
  const { ids } = tokenizer.encode(text, { addSpecialTokens: false });
  return [...same("text", text, one.text), ...same("ids", ids, one.ids)];
}

function same(what: string, got: unknown, want: unknown): string[] {
  if (isDeepStrictEqual(got, want)) return [];
  return [`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`];
}

function named(name: string, lines: readonly string[]): string[] {
  return lines.map((line) => `${JSON.stringify(name)}: ${line}`);
}
