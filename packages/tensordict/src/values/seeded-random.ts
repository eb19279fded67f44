import { checkArgument } from "./arguments.ts";

/**
 * Numbers from 0 up to, not including, 1: the same for the same seed, on every machine (mulberry32). For shuffles, samples
 * and starts that can be repeated; not for secrets.
 *
 * @param seed A finite number; its lowest 32 bits count.
 * @throws UsageError `ARGUMENT_INVALID`
 * @example
 * const random = seededRandom(1);
 * random() === seededRandom(1)(); // => true
 */
export function seededRandom(seed: number): () => number {
  checkArgument("seededRandom", "seed", seed, "a finite number");
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
