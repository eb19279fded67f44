import { encodeUtf8 } from "@hookdict/tensordict/io";
import { type Aligned, joinAligned, sliceAligned } from "./aligned.ts";
import { decodeBase64, decodeLossily } from "./platform.ts";

/** Longest character with its marks, in bytes, that is looked up as a whole. */
const MOST_BYTES = 5;

/**
 * SentencePiece's table of what characters become: a double array that is walked by the bytes of a text, and the texts
 * that its leaves name.
 *
 * @see Kudo and Richardson, SentencePiece, 2018; Aoe, An Efficient Digital Search Algorithm by Using a Double-Array
 * Structure, 1989.
 */
export function precompiled(base64: unknown): (from: Aligned) => Aligned {
  const table = new Table(base64);
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  return (from) =>
    joinAligned(
      [...graphemes.segment(from.text)].flatMap(({ index, segment }) => {
        const whole = sliceAligned(from, index, index + segment.length);
        const known = encodeUtf8(whole.text).length <= MOST_BYTES ? table.find(whole.text) : undefined;
        if (known !== undefined) return [become(whole, known)];
        let at = 0;
        return [...whole.text].map((character) => {
          const part = sliceAligned(whole, at, (at += character.length));
          const found = table.find(character);
          return found === undefined ? part : become(part, found);
        });
      }),
    );
}

/** Characters in place of others, one for one; what is more comes from the last. */
function become(from: Aligned, text: string): Aligned {
  const given: number[] = [];
  let at = 0;
  for (const character of from.text) {
    given.push(at);
    at += character.length;
  }
  const spans = [...text].flatMap((character, i) => {
    const span = from.spans[given[Math.min(i, given.length - 1)] ?? 0] ?? ([0, 0] as const);
    return Array.from({ length: character.length }, () => span);
  });
  return { text, spans };
}

class Table {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;

  /** @throws TypeError for what is no such table */
  constructor(base64: unknown) {
    const bytes = bytesOf(base64);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? -1 : view.getUint32(0, true);
    if (size < 4 || size % 4 !== 0 || size + 4 > bytes.length)
      throw new TypeError('"precompiled_charsmap" is no table of characters');
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#texts = bytes.subarray(4 + size);
  }

  /** What the first entry that the text begins with becomes. */
  find(text: string): string | undefined {
    const units = this.#units;
    let node = offsetOf(units[0] ?? 0);
    for (const byte of encodeUtf8(text)) {
      node ^= byte;
      const unit = units[node] ?? 0;
      if (byte === 0 || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= offsetOf(unit);
      if (((unit >>> 8) & 1) === 1) return this.#textAt((units[node] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  #textAt(start: number): string {
    const end = this.#texts.indexOf(0, start);
    return decodeLossily(this.#texts.subarray(start, end === -1 ? this.#texts.length : end));
  }
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

function bytesOf(base64: unknown): Uint8Array {
  if (typeof base64 !== "string") throw new TypeError('"precompiled_charsmap" is not a text');
  try {
    return decodeBase64(base64);
  } catch (cause) {
    throw new TypeError('"precompiled_charsmap" is no base64', { cause });
  }
}
