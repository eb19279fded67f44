import {
  type DirectoryLocation,
  decodeUtf8,
  findFile,
  findJson,
  openDirectory,
} from "@hookdict/tensordict/io";
import { tokenizerInvalid } from "../errors.ts";
import { Tokenizer } from "../tokenizer.ts";

/** Longest chat template that is read. */
const MAX_TEMPLATE_BYTES = 1_000_000;

type Directory = ReturnType<typeof openDirectory>;

/**
 * The tokenizer of a Hugging Face directory: tokenizer.json, tokenizer_config.json and chat_template.jinja; `undefined`
 * where there is no tokenizer.json.
 *
 * @param bosTokenId Used when the tokenizer's config names no beginning-of-sequence token.
 * @throws FormatError `TOKENIZER_INVALID`, `JSON_*`.
 *
 * @example
 * const tokenizer = await loadTokenizer("./ioi-tiny");
 * tokenizer?.encode("When Mary").ids; // => [40, 26]
 */
export async function loadTokenizer(
  location: DirectoryLocation,
  bosTokenId?: number,
): Promise<Tokenizer | undefined> {
  const directory = openDirectory(location);
  const file = `${directory.name}/tokenizer.json`;
  // Any word may be a key of a vocabulary.
  const json = await findJson(directory, "tokenizer.json", { anyKeys: true });
  if (json === undefined) return undefined;
  const settings = (await findJson(directory, "tokenizer_config.json")) ?? {};
  const template = await findTemplate(directory);
  const config =
    template === undefined || typeof settings !== "object"
      ? settings
      : { ...settings, chat_template: template };
  return new Tokenizer(json, config, file, bosTokenId);
}

async function findTemplate(directory: Directory): Promise<string | undefined> {
  const source = await findFile(directory, "chat_template.jinja");
  if (source === undefined) return undefined;
  try {
    if (source.size > MAX_TEMPLATE_BYTES) {
      throw tokenizerInvalid(source.name, new Error(`it has ${source.size} bytes`));
    }
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    return decodeUtf8(bytes);
  } catch (cause) {
    throw cause instanceof TypeError ? tokenizerInvalid(source.name, cause) : cause;
  } finally {
    await source.close();
  }
}
