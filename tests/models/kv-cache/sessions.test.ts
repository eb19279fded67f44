import {
  CacheError,
  CacheSession,
  type CacheSlot,
  CausalCache,
  type CellCache,
  ChunkedCache,
  type KeyShift,
  SlidingWindowCache,
  WrapperCache,
} from "@hookdict/models";
import { add, tensor3d, tidy } from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("sessions on caches");

/** A key says its token and its position, which a shift moves; a value its token. */
const shift: KeyShift = (_layer, keys, offsets) =>
  tidy(() => add(keys, tensor3d([...offsets], [offsets.length, 1, 1])));

interface Rule {
  readonly kind: "causal" | "window" | "chunk";
  readonly size: number;
  readonly memory: number;
}

const CONTEXT = 9;

function make({ kind, size, memory }: Rule, slots: number): CellCache {
  const options = { capacity: CONTEXT, maxSequences: slots, maxBatch: CONTEXT, shift };
  if (kind === "window") return new SlidingWindowCache({ ...options, window: size, memory: size + memory });
  return kind === "chunk" ? new ChunkedCache({ ...options, chunk: size }) : new CausalCache(options);
}

function lowest({ kind, size }: Rule, position: number): number {
  if (kind === "causal") return 0;
  return Math.max(0, kind === "window" ? position - size : position - (position % size));
}

type Cache = CellCache | WrapperCache;

/** Computes tokens of a slot in one batch, as a model would, and checks what each of them sees in every cache. */
function compute(
  session: CacheSession,
  cache: Cache,
  rules: readonly Rule[],
  slot: CacheSlot,
  tokens: readonly number[],
): void {
  const begin = slot.inputs.length;
  cache.startForward({
    positions: tokens.map((_, i) => begin + i),
    sequences: tokens.map(() => slot.sequence),
  });
  session.append(slot, tokens);
  for (const [type, rule] of rules.entries()) {
    if (cache instanceof WrapperCache) cache.setLayerType(type);
    cache.setLayer(type);
    const keys = tensor3d(
      tokens.map((token, i) => 1000 * token + begin + i),
      [tokens.length, 1, 1],
    );
    const values = tensor3d([...tokens], [tokens.length, 1, 1]);
    cache.put(keys, values);
    const got = cache.get();
    const [k, v, mask] = [got.keys.dataSync(), got.values.dataSync(), got.mask?.dataSync() ?? []];
    for (const each of [keys, values, got.keys, got.values, got.mask]) each?.dispose();
    for (let i = 0; i < tokens.length; i++) {
      const seen = [...k].flatMap((key, cell) =>
        mask[i * k.length + cell] === 0 ? [[key - 1000 * (v[cell] ?? 0), v[cell]]] : [],
      );
      const from = lowest(rule, begin + i);
      const want = slot.inputs.slice(from, begin + i + 1).map((token, at) => [from + at, token]);
      assert.equal(
        seen.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
        want,
      );
    }
  }
}

const token = fc.integer({ min: 1, max: 2 }); // beginnings are shared often
const prompt = fc.array(token, { minLength: 1, maxLength: 8 });
const full = { minLength: 5, maxLength: CONTEXT };
const operation = fc.oneof(
  fc.record({ op: fc.constant("load" as const), prompt, split: fc.nat(7) }),
  fc.record({ op: fc.constant("more" as const), slot: fc.nat(2), tokens: prompt }),
  fc.record({ op: fc.constant("more" as const), slot: fc.nat(2), tokens: fc.array(token, full) }),
  fc.record({ op: fc.constant("shift" as const), slot: fc.nat(2), keep: fc.nat(6) }),
  fc.record({ op: fc.constant("release" as const), slot: fc.nat(2) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function perform(session: CacheSession, cache: Cache, rules: readonly Rule[], one: Operation): void {
  if (one.op === "load") {
    if (session.slots.every(({ isInUse }) => isInUse)) return;
    const { slot, remaining } = session.load(one.prompt);
    assert.equal([...slot.inputs, ...remaining], one.prompt);
    assert.ok(remaining.length > 0);
    const tokens = remaining as number[]; // no groups here
    const parts = [tokens.slice(0, one.split), tokens.slice(one.split)].filter(({ length }) => length > 0);
    for (const part of parts) compute(session, cache, rules, slot, part);
    return;
  }
  const slot = session.slots[one.slot % session.slots.length];
  if (slot === undefined || !slot.isInUse) return;
  if (one.op === "release") return session.release(slot);
  if (one.op === "more") {
    const room = CONTEXT - slot.inputs.length;
    if (room > 0) compute(session, cache, rules, slot, one.tokens.slice(0, room));
    return;
  }
  const before = slot.inputs;
  try {
    session.shift(slot, one.keep);
  } catch (error) {
    if (!(error instanceof CacheError) || error.code !== "CACHE_REPROCESS") throw error;
    assert.equal(slot.inputs, []);
    const again = error.fields["inputs"] as number[]; // no groups here
    compute(session, cache, rules, slot, again);
    return;
  }
  const gone = before.length - slot.inputs.length;
  assert.equal(slot.inputs, [...before.slice(0, one.keep), ...before.slice(one.keep + gone)]);
}

const rule: fc.Arbitrary<Rule> = fc.record({
  kind: fc.constantFrom("causal" as const, "window" as const, "chunk" as const),
  size: fc.integer({ min: 1, max: 6 }),
  memory: fc.nat(2),
});

test("prompts that take over, fork, grow and shift see what they would alone, on every cache and several at once", () => {
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(operation, { minLength: 1, maxLength: 24, size: "max" }),
      (rules, slots, operations) => {
        const caches = rules.map((each) => make(each, slots));
        using cache: Cache = caches.length === 1 ? (caches[0] as CellCache) : new WrapperCache(caches);
        const session = new CacheSession(cache, { context: CONTEXT, slots });
        for (const one of operations) perform(session, cache, rules, one);
      },
    ),
    { seed: 2, numRuns: 800 },
  );
});

test.run();
