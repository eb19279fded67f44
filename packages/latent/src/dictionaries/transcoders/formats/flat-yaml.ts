import { decodeUtf8, findFile, type SourceDirectory } from "@hookdict/tensordict/io";
import { configInvalid } from "../../errors.ts";

/** What a configuration says: a text or a list of texts by name. */
export type FlatYaml = Readonly<Record<string, string | readonly string[]>>;

const MAX_BYTES = 1 << 20;
const PAIR = /^([A-Za-z_][\w.-]*):(?:\s+(.*))?$/;
const ITEM = /^\s*-\s+(.*)$/;

/**
 * Reads a YAML file of texts and lists of texts, as circuit-tracer's `config.yaml` is; what is nested deeper is refused. Empty where there
 * is no such file.
 *
 * @throws FormatError `DICTIONARY_CONFIG`
 */
export async function readFlatYaml(directory: SourceDirectory, name: string): Promise<FlatYaml> {
  const source = await findFile(directory, name);
  if (source === undefined) return {};
  const file = source.name;
  try {
    if (source.size > MAX_BYTES)
      throw configInvalid(file, "(all of it)", source.size, `at most ${MAX_BYTES} bytes`);
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    return parse(file, textOf(file, bytes));
  } finally {
    await source.close();
  }
}

function textOf(file: string, bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    throw configInvalid(file, "(all of it)", "other bytes", "UTF-8 text");
  }
}

function parse(file: string, text: string): FlatYaml {
  const found = new Map<string, string | string[]>();
  let list: string[] | undefined;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line) || line === "---") continue;
    const [, item] = ITEM.exec(line) ?? [];
    if (item !== undefined && list !== undefined) {
      list.push(scalar(item));
      continue;
    }
    const [, key, value] = PAIR.exec(line) ?? [];
    if (key === undefined || found.has(key))
      throw configInvalid(
        file,
        `line ${at + 1}`,
        line.slice(0, 80),
        'a new "key: value", or "- value" in a list',
      );
    list = scalar(value ?? "") === "" ? [] : undefined;
    found.set(key, list ?? scalar(value ?? ""));
  }
  return Object.fromEntries(found);
}

/** A value without quotes and comment. */
function scalar(text: string): string {
  const [, quoted] = /^(?:"([^"\\]*)"|'[^']*')\s*(?:#.*)?$/.test(text.trim())
    ? (/^["'](.*?)["']/.exec(text.trim()) ?? [])
    : [];
  return quoted ?? text.replace(/(^|\s)#.*$/, "").trim();
}

/** Where layers read and write, by the configuration's words: `blocks.3.hook_resid_mid`. */
export function sitesOf(
  config: FlatYaml,
  layer: number,
  fallback?: { readonly input: string; readonly output: string },
): { readonly site?: string; readonly outputSite?: string } {
  const at = (name: string, usual: string | undefined): string | undefined => {
    const hook = config[name] ?? usual;
    return typeof hook === "string" ? `blocks.${layer}.${hook}` : undefined;
  };
  const site = at("feature_input_hook", fallback?.input);
  const outputSite = at("feature_output_hook", fallback?.output);
  return { ...(site !== undefined && { site }), ...(outputSite !== undefined && { outputSite }) };
}
