import { seededRandom } from "@hookdict/tensordict";
import type { TokenDocument } from "./rows.ts";

/** All documents in an order drawn by a seed, numbered as they come out. They are held in memory, four bytes a token. */
export async function* shuffled(
  documents: AsyncIterable<TokenDocument>,
  seed: number,
): AsyncGenerator<TokenDocument> {
  const parts: Uint32Array[] = [];
  for await (const { tokens } of documents) parts.push(Uint32Array.from(tokens()));
  const random = seededRandom(seed);
  for (let last = parts.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [parts[last], parts[other]] = [parts[other] as Uint32Array, parts[last] as Uint32Array]; // both in range
  }
  for (const [number, tokens] of parts.entries()) yield { number, tokens: () => tokens };
}
