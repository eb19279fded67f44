// Places in stacks are those of the sources: files are mapped when the first stack is read that they stand in, since most runs have none.
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { transform } from "./lower.mjs";

const SOURCE = /^file:.*\.(ts|mts|tsx)$/;
const maps = new Map();
const known = new Map();

/** Says what gives the map of a file that was made of others. */
export function knownMap(url, make) {
  known.set(url, make);
}

function mapOf(url) {
  if (!maps.has(url)) maps.set(url, made(url));
  return maps.get(url);
}

function made(url) {
  try {
    const make = known.get(url);
    if (make !== undefined) return new SourceMap(make());
    const file = fileURLToPath(url);
    return new SourceMap(transform(file, readFileSync(file, "utf8"), true).map);
  } catch {
    return undefined; // it is gone, or has changed
  }
}

/** A frame as V8 writes it, at its place in the source. */
function written(frame) {
  const text = String(frame);
  const url = frame.getFileName();
  if (typeof url !== "string" || !(SOURCE.test(url) || known.has(url))) return text;
  const [line, column] = [frame.getLineNumber(), frame.getColumnNumber()];
  const entry = mapOf(url)?.findEntry(line - 1, column - 1);
  if (entry?.originalLine === undefined) return text;
  // Sources of a file that was made of others are told from where it lies.
  const source = known.has(url) ? new URL(entry.originalSource, url) : url;
  const place = `${fileURLToPath(source)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  return text.replace(`${url}:${line}:${column}`, () => place);
}

/** `Error.prepareStackTrace`: the error's own words, then its frames. */
export function prepareStackTrace(error, frames) {
  let head;
  try {
    head = Error.prototype.toString.call(error);
  } catch {
    head = "<error>"; // fields that throw
  }
  return [head, ...frames.map((frame) => `    at ${written(frame)}`)].join("\n");
}
