import { loadTokenizer, type Tokenizer } from "@hookdict/models";
import { findJson, openDirectory } from "@hookdict/tensordict/io";
import { sha256 } from "#platform";
import { findBytes } from "../store/bytes.ts";
import { packText, packTokenizer } from "./errors.ts";

/** What turns text into tokens, and what is known of it. */
export interface PackTokenizer {
  /** SHA-256 of tokenizer.json and tokenizer_config.json. */
  readonly sha256: string;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  /** Whether every id takes two bytes at most. */
  readonly isShort: boolean;
  /** @throws FormatError `PACK_TEXT` naming the place. */
  ids(text: string, where: string): readonly number[];
}

/** The tokenizer of a Hugging Face directory. @throws UsageError `PACK_TOKENIZER`; FormatError `TOKENIZER_INVALID`. */
export async function openTokenizer(location: string, unknown: "error" | "allow"): Promise<PackTokenizer> {
  const directory = openDirectory(location);
  const json = await findBytes(directory, "tokenizer.json");
  if (json === undefined) throw packTokenizer(location);
  const settings = (await findBytes(directory, "tokenizer_config.json")) ?? new Uint8Array();
  const config = (await findJson(directory, "config.json")) as Readonly<Record<string, unknown>> | undefined;
  const tokenizer = (await loadTokenizer(directory, wholeOf(config?.["bos_token_id"]))) as Tokenizer; // there is one
  const parsed = await findJson(directory, "tokenizer.json", { anyKeys: true });
  return {
    sha256: await sha256([json, settings]),
    bos: tokenizer.bosTokenId,
    eos: tokenizer.eosTokenId ?? wholeOf(config?.["eos_token_id"]),
    pad: tokenizer.padTokenId ?? wholeOf(config?.["pad_token_id"]),
    isShort: largestId(parsed) < 1 << 16,
    ids(text, where) {
      try {
        return tokenizer.ids(text, { prependBos: false, unknown });
      } catch (cause) {
        throw packText(where, cause as Error); // an error of hookdict
      }
    },
  };
}

function wholeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** The largest id of a tokenizer.json, which was checked when the tokenizer was made. */
function largestId(json: unknown): number {
  const { model, added_tokens: added } = json as {
    readonly model: { readonly vocab: object | readonly unknown[] };
    readonly added_tokens: readonly { readonly id: number }[];
  };
  const { vocab } = model;
  let largest = Array.isArray(vocab) ? vocab.length - 1 : 0;
  if (!Array.isArray(vocab))
    for (const id of Object.values(vocab) as number[]) largest = Math.max(largest, id);
  for (const { id } of added) largest = Math.max(largest, id);
  return largest;
}
