import { argumentInvalid, checkArgument, countWords, isCount, seededRandom } from "@hookdict/tensordict";

/** Numbers between -1 and 1 that are the same for the same seed, on every backend (mulberry32). */
export function seededValues(count: number, seed: number): Float32Array {
  if (!isCount(count, 0)) throw argumentInvalid("seededValues", "count", count, countWords(0));
  checkArgument("seededValues", "seed", seed, "a finite number");
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
}
