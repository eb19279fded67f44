import { checkArgument } from "../values/arguments.ts";
import { jsonDuplicateKey, jsonForbiddenKey, jsonInvalid, jsonTooDeep } from "./errors.ts";

/** Options of {@link parseJson}. */
export interface ParseJsonOptions {
  /** Deepest nesting of objects and arrays that is accepted. Default 64. */
  readonly maxDepth?: number;
  /** Accepts keys that mean something to JavaScript objects, as a vocabulary may hold. Default false. */
  readonly anyKeys?: boolean;
}

// Names that mean something to JavaScript objects: what reads the parsed value must never have to think of them.
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Parses JSON that comes from elsewhere: like `JSON.parse`, but refuses what that lets through - a key given twice, keys
 * that mean something to JavaScript objects, nesting that would exhaust the stack of whoever walks the value.
 *
 * @param file Name for messages.
 * @throws FormatError `JSON_INVALID`, `JSON_DUPLICATE_KEY`, `JSON_FORBIDDEN_KEY`, `JSON_TOO_DEEP`.
 *
 * @example
 * parseJson('{"a": [1, 2]}', "config.json"); // => { a: [1, 2] }
 */
export function parseJson(text: string, file: string, options: ParseJsonOptions = {}): unknown {
  checkArgument("parseJson", "text", text, "text");
  checkArgument("parseJson", "file", file, "text");
  try {
    checkKeys(text, file, { maxDepth: 64, anyKeys: false, ...options });
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw cause instanceof SyntaxError ? jsonInvalid(file, cause) : cause;
  }
}

/** One pass over the text that looks at brackets and keys only; whether it is JSON at all is `JSON.parse`'s to say. */
function checkKeys(text: string, file: string, options: Required<ParseJsonOptions>): void {
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (isKeyNext && keys) addKey(keys, text.slice(at, end), file, options.anyKeys);
      at = end - 1;
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? new Set() : undefined);
      if (open.length > options.maxDepth) throw jsonTooDeep(file, options.maxDepth);
    } else if (char === "}" || char === "]") {
      open.pop();
    }
    if (char === "{" || char === ",") isKeyNext = open.at(-1) !== undefined;
    else if (char === ":" || char === "[") isKeyNext = false;
  }
}

/** Index after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) throw new SyntaxError("a string does not end");
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

function addKey(keys: Set<string>, literal: string, file: string, anyKeys: boolean): void {
  // A JSON string literal parses to a string.
  const key = JSON.parse(literal) as string;
  if (keys.has(key)) throw jsonDuplicateKey(file, key);
  if (!anyKeys && FORBIDDEN.has(key)) throw jsonForbiddenKey(file, key);
  keys.add(key);
}
