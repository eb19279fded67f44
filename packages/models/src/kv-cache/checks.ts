import { shown, countWords, isCount } from "@hookdict/tensordict";
import type { CacheBatch } from "./cache.ts";
import { cacheBatch, cacheOption } from "./errors.ts";

/** @throws UsageError `CACHE_OPTION` where plain JavaScript gives no options. */
export function checkOptions(options: unknown, example: string): void {
  if (typeof options !== "object" || options === null)
    throw cacheOption("options", `an object such as ${example}`, options);
}

/** @throws UsageError `CACHE_OPTION` for what is no cache. */
export function checkCache(name: string, cache: unknown): void {
  if (typeof cache !== "object" || cache === null || !("startForward" in cache))
    throw cacheOption(name, "a cache", cache);
}

/** @throws UsageError `CACHE_OPTION` for what counts nothing. */
export function checkCount(name: string, value: unknown): void {
  if (!isCount(value)) throw cacheOption(name, countWords(), value);
}

/** @throws UsageError `CACHE_OPTION` for what is no number of earlier tokens. */
export function checkReach(name: string, value: unknown): void {
  if (value !== Infinity && !isCount(value)) throw cacheOption(name, `${countWords()}, or Infinity`, value);
}

/** @throws UsageError `CACHE_OPTION` for what is no whole number from 0 on. */
export function checkSequence(name: string, value: unknown): void {
  if (!isIndex(value)) throw cacheOption(name, "a whole number from 0 on", value);
}

/** @throws UsageError `CACHE_OPTION`. */
export function checkRemoval(sequence: number, begin: number, end: number): void {
  checkSequence("sequence", sequence);
  checkSequence("begin", begin);
  const isEnd = end === Infinity || (isIndex(end) && end >= begin);
  if (!isEnd) throw cacheOption("end", `a whole number from ${begin} on, or Infinity`, end);
}

/** Whether a pass only reserves room. @throws UsageError `CACHE_OPTION` */
export function reserves(options: unknown): boolean {
  checkOptions(options, "{ reserve: true }");
  const { reserve = false } = options as { readonly reserve?: unknown }; // just checked
  if (typeof reserve !== "boolean") throw cacheOption("reserve", "true or false", reserve);
  return reserve;
}

/** The batch with all that may be left out; @throws UsageError `CACHE_BATCH`. */
export function checkBatch(batch: CacheBatch): {
  positions: readonly number[];
  sequences: readonly number[];
  multimodal: readonly number[];
} {
  const { positions, multimodal = [] } = Object(batch) as CacheBatch; // plain JavaScript gives anything
  if (!Array.isArray(positions) || positions.length === 0) throw cacheBatch("it has no tokens");
  const sequences = batch.sequences ?? positions.map(() => 0);
  for (const [name, list] of Object.entries({ sequences, multimodal }))
    if (!Array.isArray(list)) throw cacheBatch(`its ${name} are no list`);
  if (sequences.length !== positions.length) {
    throw cacheBatch(`it has ${positions.length} positions and ${sequences.length} sequences`);
  }
  const bad = [...positions, ...sequences].find((value: unknown) => !isIndex(value));
  if (bad !== undefined) throw cacheBatch(`it has ${shown(bad)} among its positions and sequences`);
  const badItem = multimodal.find((i: unknown) => !isIndex(i) || i >= positions.length);
  if (badItem !== undefined) {
    throw cacheBatch(`${shown(badItem)} in "multimodal" is no index of its ${positions.length} tokens`);
  }
  return { positions: [...positions], sequences: [...sequences], multimodal: [...multimodal] };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
