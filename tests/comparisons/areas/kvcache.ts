import { type CacheState, type KeyValueCache, CellCache, WrapperCache } from "@hookdict/models";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Area } from "../area.ts";
import { type Case, makeCache, stateOf, type Step } from "./kvcache-case.ts";

/** Key/value caches: what each operation gives, plain and with permuted values. */
export const kvcache: Area = {
  name: "kvcache",
  at: "kvcache",
  async items(folder) {
    const root = join(folder, "kvcache");
    const files = (await readdir(root)).filter((name) => name.endsWith(".json")).sort();
    const all = await Promise.all(files.map((file) => casesOf(join(root, file))));
    const cases = all.flat();
    // What the original gave before it stored tokens in any free cell is another cache's.
    const ours = cases.filter(({ semantics = "scatter" }) => semantics === "scatter");
    return ours.map((each) => ({
      name: each.name,
      check: () => Promise.resolve([...run(each, false), ...run(each, true)]),
    }));
  },
};

/** The cases of a file: its list, or what it calls `cases`; none in a file of something else. */
async function casesOf(file: string): Promise<readonly Case[]> {
  const value = JSON.parse(await readFile(file, "utf8")) as
    readonly Case[] | { readonly cases?: readonly Case[] };
  return "cases" in value ? (value.cases ?? []) : Array.isArray(value) ? (value as readonly Case[]) : [];
}

/** Our code of each error that cases name, by its name or its words. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/ErrKvCacheFull|could not find a kv cache slot/, "CACHE_FULL"],
  [/ErrNotSupported|model does not support operation/, "CACHE_SHIFT_UNSUPPORTED"],
  [/shifting cells shared by multiple sequences not supported/, "CACHE_SHIFT_SHARED"],
];

function run(one: Case, permutedValues: boolean): string[] {
  const made = outcome(() => makeCache(one.cache, one, permutedValues));
  if (made.error !== undefined) return one.initThrows === undefined ? [`init: ${made.error.message}`] : [];
  const cache = made.value as KeyValueCache; // nothing was thrown
  try {
    if (one.initThrows !== undefined) return ["init: nothing was thrown"];
    const failed = one.steps.findIndex(({ op, error }) => op === "remove" && typeof error === "string");
    return one.steps.flatMap((step, i) =>
      runStep(cache, { ...step, isAfterFailure: failed !== -1 && i > failed }, permutedValues).map(
        (line) => `step ${i} (${step.name ?? step.op}): ${line}`,
      ),
    );
  } finally {
    cache.dispose();
  }
}

function runStep(cache: KeyValueCache, step: Step, permutedValues: boolean): string[] {
  const sameState = (want: unknown): string[] =>
    same("state", withHistory(stateOf(cache.state)), withHistory(want));
  const before = stateOf(cache.state);
  const { value, error } = outcome(() => perform(cache, step, permutedValues));
  const wanted = step.error ?? step.throws;
  if (wanted !== undefined) {
    if (error === undefined) return [`nothing was thrown, but ${wanted}`];
    if (typeof step.error === "string" && !isError(error, step.error))
      return [`${error.message} instead of ${step.error}`];
    // A removal that fails changes nothing here, where the original is left half-way.
    const want = step.op === "remove" ? before : step.state;
    return want === undefined ? [] : sameState(want);
  }
  if (error !== undefined) return [error.message];
  return [...(value ?? []), ...(step.state === undefined ? [] : sameState(step.state))];
}

function isError(error: Error & { readonly code?: string }, wanted: string): boolean {
  const [, code] = CODES.find(([words]) => words.test(wanted)) ?? [];
  return code === undefined ? error.message.includes(wanted) : error.code === code;
}

function perform(cache: KeyValueCache, step: Step, permutedValues: boolean): string[] {
  const { seq = 0, begin = 0, end, src = 0, dst = 0, len = 0 } = step;
  switch (step.op) {
    case "forward":
    case "reserve":
      start(cache, step);
      return putAndGet(cache, step, permutedValues);
    case "layer":
      setLayer(cache, step);
      return putAndGet(cache, step, permutedValues);
    case "setCausal":
      if (step.layer !== undefined || step.layerType !== undefined) setLayer(cache, step);
      setCausal(cache, step.except ?? []);
      return checkGet(cache, step, permutedValues);
    case "copyPrefix":
      cache.copyPrefix(src, dst, len);
      return [];
    case "remove":
      cache.remove(seq, begin, end ?? Infinity);
      return [];
    case "canResume":
      return same("result", cache.canResume(seq, step.pos as number), step.expectedResult);
    case "encoderCached":
      return same("result", encoderCached(cache.state), step.expectedResult);
    default:
      return [`the operation ${String(step.op)} is not known`];
  }
}

function start(cache: KeyValueCache, { op, pos, seqs, multimodal, layerType, except, layer }: Step): void {
  const positions = pos as readonly number[]; // in these operations
  cache.startForward(
    {
      positions,
      ...(seqs === undefined ? {} : { sequences: seqs }),
      ...(multimodal === undefined ? {} : { multimodal }),
    },
    { reserve: op === "reserve" },
  );
  setLayer(cache, { layerType: layerType ?? 0, layer: layer ?? 0 });
  if (except !== undefined) setCausal(cache, except);
}

function setLayer(cache: KeyValueCache, { layer, layerType }: Pick<Step, "layer" | "layerType">): void {
  if (cache instanceof WrapperCache && layerType !== undefined) cache.setLayerType(layerType);
  cache.setLayer(layer ?? 0);
}

/** Whether an encoder's cache, or one among those of a wrapper, has something stored. */
function encoderCached(state: CacheState): boolean {
  if (Array.isArray(state)) return state.some((each: CacheState) => encoderCached(each));
  return "cached" in state && state.cached;
}

/** What a pass gives, where it stores something or should give something. */
function putAndGet(cache: KeyValueCache, step: Step, permutedValues: boolean): string[] {
  if (step.in !== undefined) put(cache, step);
  const isAsked = step.expected ?? step.expectedV ?? step.expectedMask;
  return step.in === undefined && isAsked === undefined ? [] : checkGet(cache, step, permutedValues);
}

function setCausal(cache: KeyValueCache, except: readonly number[]): void {
  if (cache instanceof CellCache || cache instanceof WrapperCache) cache.setCausal({ except });
}

function put(cache: KeyValueCache, step: Step): void {
  const {
    in: given = [],
    inShape = [],
    vIn = given.map((x) => Math.fround(x) + 1000),
    vInShape = inShape,
  } = step;
  const keys = tensor([...given], [...inShape].reverse(), "float32");
  const values = tensor([...vIn], [...vInShape].reverse(), "float32");
  try {
    cache.put(keys, values);
  } finally {
    keys.dispose();
    values.dispose();
  }
}

function checkGet(cache: KeyValueCache, step: Step, permutedValues: boolean): string[] {
  const { keys, values, mask } = cache.get();
  const lines: string[] = [];
  if (step.expected !== undefined)
    lines.push(...compare("keys", keys, whereSeen(keys, step), step.expectedShape));
  const permuted = permutedValues ? (step.expectedVPermuted ?? step.expectedV) : step.expectedV;
  if (permuted !== undefined) {
    const shape = permutedValues ? permutedShape(step.expectedVShape) : step.expectedVShape;
    lines.push(...compare("values", values, permuted, shape));
  }
  if (step.expectedMask === null && mask !== null) lines.push("there is a mask");
  if (Array.isArray(step.expectedMask) && mask === null) lines.push("there is no mask");
  if (Array.isArray(step.expectedMask) && mask !== null) {
    const want = step.expectedMask.map((x: number | null) => x ?? -Infinity);
    lines.push(...compare("mask", mask, want, step.expectedMaskShape));
  }
  for (const each of [keys, values, mask]) each?.dispose();
  return lines;
}

/**
 * The keys that are wanted. Behind a removal that failed, those that no token sees are as they are: the original had moved
 * some of them by then, and ours none.
 */
function whereSeen(keys: Tensor, { expected = [], expectedMask, isAfterFailure }: Step): readonly number[] {
  const columns = keys.shape[0] ?? 1;
  if (isAfterFailure !== true || !Array.isArray(expectedMask)) return expected;
  const got = keys.dataSync();
  const width = expected.length / columns;
  return expected.map((want, i) => {
    const column = Math.floor(i / width);
    const isSeen = expectedMask.some((each, at) => at % columns === column && each === 0);
    return isSeen ? want : (got[i] ?? Number.NaN);
  });
}

/** [vHeadDim, kvHeads, n, ...] as [n, vHeadDim, kvHeads, ...]. */
function permutedShape(shape: readonly number[] | undefined): readonly number[] | undefined {
  if (shape === undefined) return undefined;
  const [first = 1, second = 1, third = 1, ...rest] = shape;
  return [third, first, second, ...rest];
}

function compare(
  what: string,
  got: Tensor,
  want: readonly number[],
  shape: readonly number[] | undefined,
): string[] {
  const sizes =
    shape === undefined ? [] : same(`shape of ${what}`, trimmed([...got.shape].reverse()), trimmed(shape));
  return [...sizes, ...same(what, singles(got.dataSync()), singles(want))];
}

/** A shape without its last axes of size 1, which the original drops at times. */
function trimmed(shape: readonly number[]): number[] {
  const last = shape.findLastIndex((size) => size !== 1);
  return shape.slice(0, last + 1);
}

/** Numbers as float32 holds them, zeros without a sign. */
function singles(values: Iterable<number>): number[] {
  return Array.from(values, (x) => Math.fround(x) + 0);
}

/** State in which no history is written in one way: the original has another word for it before the first pass. */
function withHistory(state: unknown): unknown {
  if (Array.isArray(state)) return state.map((each) => withHistory(each));
  if (typeof state !== "object" || state === null || !("cur" in state)) return state;
  return { ...state, cur: isDeepStrictEqual(state.cur, [null, 0]) ? [0, 0] : state.cur };
}

function same(what: string, got: unknown, want: unknown): string[] {
  if (isDeepStrictEqual(got, want)) return [];
  return [`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`];
}

function outcome<T>(fn: () => T): { readonly value?: T; readonly error?: Error } {
  try {
    return { value: fn() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
