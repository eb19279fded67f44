import {
  CausalCache,
  type CellCache,
  ChunkedCache,
  SlidingWindowCache,
  CacheSession,
  EncoderCache,
  type KeyShift,
} from "@hookdict/models";
import { add, tensor3d, tidy, zeros } from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("laws of caches");

/** Each sequence's value at each position: what keys and values must say, and how far the keys were shifted. */
type Model = Map<number, { value: number; shift: number }[]>;

const moveKeys: KeyShift = (_layer, keys, offsets) => {
  return tidy(() => add(keys, tensor3d([...offsets], [offsets.length, 1, 1])));
};

const reach = fc.oneof(
  fc.constant({ kind: "causal" as const, size: Infinity }),
  fc.record({ kind: fc.constant("window" as const), size: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("chunk" as const), size: fc.integer({ min: 1, max: 4 }) }),
);
type Reach = { readonly kind: "causal" | "window" | "chunk"; readonly size: number };

function make({ kind, size }: Reach, cachePadding: number): CellCache {
  const options = { capacity: 12, maxSequences: 3, maxBatch: 12, cachePadding, shift: moveKeys };
  if (kind === "window") return new SlidingWindowCache({ ...options, window: size });
  return kind === "chunk" ? new ChunkedCache({ ...options, chunk: size }) : new CausalCache(options);
}

/** Positions that a token sees, by the rule. */
function seen({ kind, size }: Reach, position: number): number[] {
  const low = kind === "window" ? position - size : kind === "chunk" ? position - (position % size) : 0;
  return Array.from({ length: position + 1 }, (_, i) => i).filter((each) => each >= low);
}

let counter = 0;

/** Stores tokens at the ends of sequences, and checks what each of them sees. */
function store(cache: CellCache, rule: Reach, model: Model, sequences: readonly number[]): void {
  const positions = sequences.map((sequence) => {
    const tokens = model.get(sequence) ?? [];
    model.set(sequence, [...tokens, { value: ++counter, shift: 0 }]);
    return tokens.length;
  });
  const values = sequences.map((sequence, i) => model.get(sequence)?.[positions[i] ?? 0]?.value ?? 0);
  const rows = tensor3d(values, [values.length, 1, 1]);
  cache.startForward({ positions, sequences });
  cache.put(rows, rows);
  const got = cache.get();
  const [keys, stored, mask] = [got.keys.dataSync(), got.values.dataSync(), got.mask?.dataSync() ?? []];
  for (const each of [rows, got.keys, got.values, got.mask]) each?.dispose();
  for (const [i, sequence] of sequences.entries()) {
    const visible = [...keys].flatMap((key, j) =>
      mask[i * keys.length + j] === 0 ? [[key, stored[j]]] : [],
    );
    const want = seen(rule, positions[i] ?? 0).map((position) => {
      const token = model.get(sequence)?.[position];
      return [(token?.value ?? 0) + (token?.shift ?? 0), token?.value];
    });
    const sorted = (pairs: unknown[][]): unknown[][] => pairs.sort((a, b) => Number(a[1]) - Number(b[1]));
    assert.equal(sorted(visible), sorted(want));
  }
}

const sequence = fc.integer({ min: 0, max: 2 });
const operation = fc.oneof(
  fc.record({
    op: fc.constant("store" as const),
    sequences: fc.array(sequence, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ op: fc.constant("copy" as const), source: sequence, destination: sequence, length: fc.nat(8) }),
  fc.record({ op: fc.constant("remove" as const), sequence, begin: fc.nat(6), length: fc.nat(3) }),
  fc.record({ op: fc.constant("clear" as const), sequence }),
  fc.record({ op: fc.constant("cut" as const), sequence, begin: fc.nat(8) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Runs one operation on the cache and on the model; what the cache refuses must leave it as it was. */
function perform(cache: CellCache, rule: Reach, model: Model, one: Operation): void {
  const before = cache.state;
  const tokens = (of: number): { value: number; shift: number }[] => model.get(of) ?? [];
  try {
    switch (one.op) {
      case "store": {
        const copy: Model = new Map(model);
        try {
          store(cache, rule, copy, one.sequences);
        } catch (error) {
          if ((error as { code?: string }).code === "CACHE_FULL") return;
          throw error;
        }
        for (const [key, value] of copy) model.set(key, value);
        return;
      }
      case "copy":
        // A window may have forgotten what a copied beginning needs: a caller asks canResume.
        if (!cache.canResume(one.source, Math.min(one.length, tokens(one.source).length))) return;
        cache.copyPrefix(one.source, one.destination, one.length);
        if (one.source !== one.destination)
          model.set(one.destination, tokens(one.source).slice(0, one.length));
        return;
      case "cut":
        if (one.begin > tokens(one.sequence).length || !cache.canResume(one.sequence, one.begin)) return;
        cache.remove(one.sequence, one.begin);
        model.set(one.sequence, tokens(one.sequence).slice(0, one.begin));
        return;
      case "clear":
        cache.remove(one.sequence, 0);
        model.set(one.sequence, []);
        assert.not(cache.state.cells.some((cell) => cell.sequences.includes(one.sequence)));
        return;
      case "remove": {
        const end = one.begin + one.length;
        if (end > tokens(one.sequence).length - 1 || one.length === 0) return;
        cache.remove(one.sequence, one.begin, end);
        const later = tokens(one.sequence).slice(end);
        const moved = later.map(({ value, shift }) => ({ value, shift: shift - one.length }));
        model.set(one.sequence, [...tokens(one.sequence).slice(0, one.begin), ...moved]);
      }
    }
  } catch (error) {
    if (!/^CACHE_(SHIFT_SHARED|WINDOW_LOST)$/.test((error as { code?: string }).code ?? "")) throw error;
    assert.equal(cache.state, before);
  }
}

test("whatever was stored, copied and removed, a token sees what was put, by the rule, plus shifts on keys", () => {
  fc.assert(
    fc.property(
      reach,
      fc.integer({ min: 1, max: 4 }),
      fc.array(operation, { minLength: 1, maxLength: 14 }),
      (rule, padding, operations) => {
        using cache = make(rule, padding);
        const model: Model = new Map();
        for (const one of operations) perform(cache, rule, model, one);
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test("what get gave does not change with later passes", () => {
  using cache = new CausalCache({ capacity: 2 });
  const [first, second] = [tensor3d([1], [1, 1, 1]), tensor3d([2], [1, 1, 1])];
  cache.startForward({ positions: [0] });
  cache.put(first, first);
  const got = cache.get();
  cache.remove(0, 0);
  cache.startForward({ positions: [0] });
  cache.put(second, second);
  assert.is(got.keys.dataSync()[0], 1);
  for (const each of [first, second, got.keys, got.values, got.mask]) each?.dispose();
});

test("a sequence copied to itself stays", () => {
  using cache = new CausalCache({ capacity: 4 });
  cache.startForward({ positions: [0, 1] });
  const before = cache.state;
  cache.copyPrefix(0, 0, 1);
  assert.equal(cache.state, before);
});

test("a prompt takes the slot that begins as it does, or forks what is shared", () => {
  using cache = new CausalCache({ capacity: 8, maxSequences: 2 });
  const session = new CacheSession(cache, { context: 8, slots: 2 });
  const first = session.load([5, 6, 7]);
  cache.startForward({ positions: [0, 1, 2], sequences: [0, 0, 0] });
  session.append(first.slot, first.remaining);
  const forked = session.load([5, 6, 9]);
  assert.equal([forked.slot.sequence, forked.remaining], [1, [9]]);
  assert.equal(
    cache.state.cells.map((cell) => cell.sequences),
    [[0, 1], [0, 1], [0]],
  );
  session.release(first.slot);
  assert.equal(session.load([5, 6, 7]).remaining, [7]);
});

test("groups that belong together are discarded as a whole", () => {
  using cache = new CausalCache({ capacity: 8, shift: moveKeys });
  const session = new CacheSession(cache, { context: 8 });
  const { slot } = session.load([1]);
  session.append(slot, [1, { token: 2, sameBatch: 5 }, 3, 4, 5, 6, 7, 8]);
  assert.is(session.discardCount(slot, 0), 7);
});

test("an encoder's values are permuted whatever their rank", () => {
  for (const [shape, want] of [
    [[2], [1, 2, 1]],
    [
      [2, 3],
      [2, 3, 1],
    ],
    [
      [2, 3, 4],
      [3, 4, 2],
    ],
    [
      [5, 2, 3, 4],
      [5, 3, 4, 2],
    ],
  ] as const) {
    using cache = new EncoderCache({ permutedValues: true });
    const x = zeros([...shape]);
    cache.startForward({ positions: [0] });
    cache.put(x, x);
    const { keys, values } = cache.get();
    assert.equal(values.shape, [...want]);
    for (const each of [x, keys, values]) each.dispose();
  }
});

test("an encoder's cache prints what it holds", () => {
  using cache = new EncoderCache();
  assert.is(String(cache), "EncoderCache: nothing that can be attended to, 0 layers");
});

test.run();
