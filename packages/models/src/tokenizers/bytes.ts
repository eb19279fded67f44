import { decodeUtf8, encodeUtf8 } from "@hookdict/tensordict/io";
import { type Aligned, rewriteAligned } from "./aligned.ts";

/** Byte-level tokenizers write each byte as a visible character: this gives the character of each byte. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  const isVisible = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isVisible(byte) ? byte : next++));
})();

/** A text with each byte of it as a character. */
export function asBytes(from: Aligned): Aligned {
  return rewriteAligned(from, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0x20 && code < 0x7f) return character; // stands for itself
    return Array.from(encodeUtf8(character), (byte) => BYTE_CHARACTERS[byte] ?? "").join("");
  });
}

/** The byte that a token such as `<0x0A>` stands for. */
export function byteOf(token: string): number | undefined {
  const [, digits] = /^<0x([0-9A-Fa-f]{2})>$/.exec(token) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** Tokens such as `<0x0A>` of a text's bytes. */
export function byteTokens(text: string): string[] {
  return [...encodeUtf8(text)].map((byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
}

/** Runs of byte tokens as the text that they make up, one token each; U+FFFD for each byte of what is no UTF-8. */
export function mergeByteTokens(tokens: readonly string[]): string[] {
  const merged: string[] = [];
  let run: number[] = [];
  const flush = (): void => {
    for (const each of decodeBytes(run)) merged.push(each); // too many for one call
    run = [];
  };
  for (const token of tokens) {
    const byte = byteOf(token);
    if (byte !== undefined) {
      run.push(byte);
      continue;
    }
    flush();
    merged.push(token);
  }
  flush();
  return merged;
}

const SPACE = 32;

function decodeBytes(bytes: readonly number[]): string[] {
  if (bytes.length === 0) return [];
  try {
    // Behind another character, a byte order mark is a character as well; at the beginning it would be dropped.
    return [decodeUtf8(Uint8Array.from([SPACE, ...bytes])).slice(1)];
  } catch {
    return bytes.map(() => "\uFFFD");
  }
}
