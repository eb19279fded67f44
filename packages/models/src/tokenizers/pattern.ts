import { literalOf, regexOf } from "./regex.ts";

/** What `pattern` of a tokenizer.json finds: a text, or a regular expression. @throws SyntaxError, TypeError */
export function patternOf(pattern: unknown): RegExp {
  const { String: text, Regex: regex } = (pattern ?? {}) as { String?: unknown; Regex?: unknown };
  if (typeof text === "string" && text !== "") return literalOf(text);
  if (typeof regex === "string") return regexOf(regex);
  throw new TypeError(`"pattern" is ${JSON.stringify(pattern)}, neither a text nor a regular expression`);
}
