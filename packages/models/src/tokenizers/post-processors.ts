import type { JsonObject } from "../tokenizer-json.ts";
import { countIn, flagIn, listIn, makerOf, shown, textIn } from "./fields.ts";

/** One thing of a template: the text, its pair, or a token that the tokenizer adds. */
export type Part =
  | { readonly sequence: "A" | "B"; readonly typeId: number }
  | { readonly token: string; readonly id: number; readonly typeId: number };

/** What one post-processor of a tokenizer.json does. */
export interface PostProcessor {
  /** What a text, and a text and its pair, become with special tokens; nothing where it adds none. */
  readonly single?: readonly Part[];
  readonly pair?: readonly Part[];
  /** Whether the spaces at a token's ends are left out of its place; `isPrefixed` where one was put before the text. */
  readonly trims?: { readonly isPrefixed: boolean };
  /** Whether a pair is of the text's own segment, where no special tokens are added. */
  readonly isOneSegment?: boolean;
}

const A: Part = { sequence: "A", typeId: 0 };

/** By their type in tokenizer.json; each throws where that cannot be. */
const POST_PROCESSORS: Readonly<Record<string, (config: JsonObject) => readonly PostProcessor[]>> = {
  TemplateProcessing: (config) => [{ single: partsIn(config, "single"), pair: partsIn(config, "pair") }],
  BertProcessing: (config) => {
    const [cls, sep] = [addedIn(config, "cls"), addedIn(config, "sep")];
    const single = [cls, A, sep];
    return [{ single, pair: [...single, { sequence: "B", typeId: 1 }, { ...sep, typeId: 1 }] }];
  },
  RobertaProcessing: (config) => {
    const [cls, sep] = [addedIn(config, "cls"), addedIn(config, "sep")];
    const single = [cls, A, sep];
    const pair: Part[] = [...single, sep, { sequence: "B", typeId: 0 }, sep];
    return [{ single, pair, isOneSegment: true, ...trimming(config) }];
  },
  ByteLevel: (config) => {
    flagIn(config, "use_regex", true); // read nowhere, but said to be one
    return [trimming(config)];
  },
  Sequence: (config) => listIn(config, "processors").flatMap(stepsOf),
};

/** What `post_processor` of a tokenizer.json does, step by step. @throws TypeError for one that is not known, or cannot be */
export function postProcessorsOf(config: unknown): readonly PostProcessor[] {
  return config === null || config === undefined ? [] : stepsOf(config);
}

function stepsOf(config: unknown): readonly PostProcessor[] {
  const { make, fields } = makerOf(POST_PROCESSORS, config, "post_processor");
  return make(fields);
}

function trimming(config: JsonObject): PostProcessor {
  const isPrefixed = flagIn(config, "add_prefix_space", false);
  return flagIn(config, "trim_offsets", false) ? { trims: { isPrefixed } } : {};
}

/** `["[SEP]", 102]`. */
function addedIn(config: JsonObject, name: string): Part {
  const [token, id, ...more] = listIn(config, name);
  if (typeof token !== "string" || !isId(id) || more.length > 0)
    throw new TypeError(
      `"${name}" of ${String(config["type"])} is ${shown(config[name])}, no token and its id`,
    );
  return { token, id, typeId: 0 };
}

function partsIn(config: JsonObject, name: string): readonly Part[] {
  const { special_tokens: specials = {} } = config;
  return listIn(config, name).flatMap((each, i): readonly Part[] => {
    const place = `"${name}[${i}]" of TemplateProcessing`;
    const { SpecialToken: special, Sequence: sequence } = record(each, place);
    if (sequence !== undefined) {
      const fields = record(sequence, place);
      const { id } = fields;
      if (id !== "A" && id !== "B") throw new TypeError(`${place} is ${shown(each)}, neither A nor B`);
      return [{ sequence: id, typeId: countIn(fields, "type_id", 0) }];
    }
    const fields = record(special, place);
    return tokensOf(
      record(specials, '"special_tokens"'),
      textIn(fields, "id", ""),
      countIn(fields, "type_id", 0),
    );
  });
}

/** What a special token of a template stands for: one token or several, by their ids. */
function tokensOf(specials: JsonObject, name: string, typeId: number): readonly Part[] {
  const place = `"special_tokens" of TemplateProcessing for ${shown(name)}`;
  if (!Object.hasOwn(specials, name))
    throw new TypeError(`"special_tokens" of TemplateProcessing has no ${shown(name)}`);
  const { tokens, ids } = record(specials[name] ?? null, place);
  const areTokens = Array.isArray(tokens) && tokens.every((token) => typeof token === "string");
  if (!areTokens || !Array.isArray(ids) || !ids.every(isId) || ids.length !== tokens.length)
    throw new TypeError(`${place} are ${shown({ tokens, ids })}, not as many tokens as ids`);
  return tokens.map((token: string, i) => ({ token, id: Number(ids[i]), typeId }));
}

function record(value: unknown, place: string): JsonObject {
  if (value === undefined) throw new TypeError(`${place} is neither a special token nor a sequence`);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${place} is ${shown(value)}, not a JSON object`);
  return value as JsonObject; // an object of a JSON file
}

function isId(id: unknown): id is number {
  return Number.isSafeInteger(id) && (id as number) >= 0;
}
