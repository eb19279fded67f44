import { shown } from "./fields.ts";
import { literalOf, regexOf } from "./regex.ts";

/** What `pattern` of a tokenizer.json finds: a text, or a regular expression. @throws SyntaxError, TypeError */
export function patternOf(pattern: unknown): RegExp {
  const { String: text, Regex: regex } = (pattern ?? {}) as { String?: unknown; Regex?: unknown };
  if (regex === undefined && typeof text === "string" && text !== "") return literalOf(text);
  if (text === undefined && typeof regex === "string") return regexOf(regex);
  throw new TypeError(`"pattern" is ${shown(pattern)}, neither a text nor a regular expression`);
}
