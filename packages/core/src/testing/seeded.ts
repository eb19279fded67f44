import { checkArgument } from "@hookdict/tensordict";

/** Numbers between -1 and 1 that are the same for the same seed, on every backend (mulberry32). */
export function seededValues(count: number, seed: number): Float32Array {
  checkArgument("seededValues", "count", count, "a whole number, 0 or more");
  checkArgument("seededValues", "seed", seed, "a finite number");
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}
