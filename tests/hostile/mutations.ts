import { decodeUtf8, encodeUtf8 } from "@hookdict/tensordict/io";

/** A whole number below a bound, the same for the same seed. */
export type Random = (below: number) => number;

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Pieces that mean something to the formats. */
const PIECES = ["{", "}", "[", "]", '"', ",", ":", "-1", "1e99", "null", "9007199254740993", "__proto__", "\\ud800", "0", "F64", "tensor", "\u0000", "]]]]", "[[[["]; // prettier-ignore

/** Values that JSON may have in the place of others. */
const VALUES = ["-1", "0", "1", "1e99", "0.5", "null", '""', '"../../etc/passwd"', "[]", "[[]]", "{}", "[null]", '{"__proto__":1}', '"constructor"', "true", '"\\u0000"', "99999999999", "2147483648", "4294967296"]; // prettier-ignore

const VALUE = /(?<=[:[,]\s*)("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null)/g;

/** Bytes that are changed, cut, repeated or exchanged, one to four times; in a text, values of JSON are as well. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out: Uint8Array = bytes.slice();
  const isWhole = random(2) === 0; // JSON that stays JSON goes deeper
  for (let times = 1 + random(4); times > 0; times--)
    out = isWhole || random(3) === 0 ? otherValue(out, random) : otherBytes(out, random);
  return out;
}

function otherBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  const [at, length] = [random(out.length + 1), random(16)];
  const [head, tail] = [out.subarray(0, at), out.subarray(at)];
  const piece = encodeUtf8(PIECES[random(PIECES.length)] ?? "");
  const kind = random(7);
  if (kind === 0 && at < out.length) out[at] = random(256);
  else if (kind === 1 && at < out.length) out[at] = (out[at] ?? 0) ^ (1 << random(8));
  else if (kind === 2) return out.slice(0, at);
  else if (kind === 3) return Buffer.concat([head, tail.subarray(length)]);
  else if (kind === 4) return Buffer.concat([head, tail.subarray(0, length), tail]);
  else if (kind === 5) return Buffer.concat([head, piece, tail]);
  else out.set(piece.subarray(0, Math.max(0, out.length - at)), at);
  return out;
}

/** The text with one value exchanged; other bytes stay, and the length of a header before it is told anew. */
function otherValue(bytes: Uint8Array, random: Random): Uint8Array {
  const header = headerOf(bytes);
  const [from, to] = header ?? [0, bytes.length];
  let text: string;
  try {
    text = decodeUtf8(bytes.subarray(from, to));
  } catch {
    return otherBytes(bytes, random);
  }
  const values = [...text.matchAll(VALUE)];
  const value = values[random(values.length)];
  if (value === undefined) return otherBytes(bytes, random);
  const other = VALUES[random(VALUES.length)] ?? "";
  const after = encodeUtf8(text.slice(0, value.index) + other + text.slice(value.index + value[0].length));
  const out = Buffer.concat([bytes.subarray(0, from), after, bytes.subarray(to)]);
  if (header !== undefined) out.writeBigUInt64LE(BigInt(after.length), 0);
  return out;
}

/** Where the header of safetensors lies; `undefined` for other files. */
function headerOf(bytes: Uint8Array): readonly [number, number] | undefined {
  if (bytes.length < 9 || bytes[8] !== 0x7b) return undefined;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return length > 0 && length <= bytes.length - 8 ? [8, 8 + length] : undefined;
}
