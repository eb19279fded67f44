import { type HookdictError } from "@hookdict/tensordict";
import {
  CacheSession,
  CausalCache,
  ChunkedCache,
  EncoderCache,
  type KeyValueCache,
  SlidingWindowCache,
  WrapperCache,
} from "@hookdict/models";
import { clone, slice, tensor3d, type Tensor3D } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";

const test = suite("errors of caches");

const shift = (_layer: number, keys: Parameters<typeof clone>[0]): Tensor3D => clone(keys) as Tensor3D;

function rows(n: number): Tensor3D {
  return tensor3d(
    Float32Array.from({ length: n }, (_, i) => i),
    [n, 1, 1],
  );
}

/** Positions 0 to n - 1 of a sequence, stored. */
function fill(cache: KeyValueCache, n: number, sequence = 0): void {
  const x = rows(n);
  cache.startForward({ positions: [...x.dataSync()], sequences: Array.from({ length: n }, () => sequence) });
  cache.put(x, x);
  x.dispose();
}

/** Code and message of what a call throws. */
function fault(fn: () => unknown): [string, string] {
  const error = thrown(fn) as HookdictError;
  return [error.code, error.message];
}

test("a full cache says what it holds, and stores nothing", () => {
  using cache = new CausalCache({ capacity: 4 });
  fill(cache, 3);
  assert.equal(
    fault(() => cache.startForward({ positions: [3, 4] })),
    [
      "CACHE_FULL",
      "The cache has no room for 2 tokens: 1 cell free.\n" +
        "CausalCache: 3 of 4 cells, history 0..2\n" +
        "  sequence 0: 3 tokens, positions 0..2, cells 0..2\n" +
        " Remove sequences that are finished, remove earlier tokens, or make a cache of more capacity.",
    ],
  );
  assert.is(cache.state.cells.length, 3);
});

test("a removal from the middle needs a shift function, and changes nothing without", () => {
  using cache = new CausalCache({ capacity: 4 });
  fill(cache, 3);
  const before = cache.state;
  assert.equal(
    fault(() => cache.remove(0, 1, 2)),
    [
      "CACHE_SHIFT_UNSUPPORTED",
      "Removing positions 1 to 2 of sequence 0 would move later ones; the cache has no shift function. " +
        "Give the cache { shift }, or remove everything from 1 on.",
    ],
  );
  assert.equal(cache.state, before);
});

test("cells that another sequence has do not move", () => {
  using cache = new CausalCache({ capacity: 4, shift });
  fill(cache, 3);
  cache.copyPrefix(0, 1, 3);
  const before = cache.state;
  assert.equal(
    fault(() => cache.remove(0, 0, 1)),
    [
      "CACHE_SHIFT_SHARED",
      "Position 1 of sequence 0 would move, but its cell belongs to sequence 1 as well. " +
        "Remove the others first, or remove all of sequence 0 and compute it again.",
    ],
  );
  assert.equal(cache.state, before);
});

test("a removal after which a window reaches back to forgotten tokens is refused", () => {
  using cache = new SlidingWindowCache({ capacity: 100, window: 2, maxBatch: 8, shift });
  fill(cache, 6);
  cache.startForward({ positions: [6] }); // stored: 4, 5, 6
  const before = cache.state;
  assert.equal(
    fault(() => cache.remove(0, 4, 6)),
    [
      "CACHE_WINDOW_LOST",
      "After this removal, sequence 0 would need position 3, which has left the window; the lowest it would have is 4. " +
        "Remove all of sequence 0 and compute it again, or make a cache with more memory.",
    ],
  );
  assert.equal(cache.state, before);
});

test("positions that were never stored are not lost", () => {
  using cache = new SlidingWindowCache({ capacity: 100, window: 2, maxBatch: 8, shift });
  const x = rows(4);
  cache.startForward({ positions: [0, 1, 5, 6] });
  cache.put(x, x);
  x.dispose();
  cache.remove(0, 0, 1);
  assert.equal(
    cache.state.cells.map(({ position }) => position),
    [0, 4, 5],
  );
});

test("what a window has dropped is lost for a sequence that was copied or moved, too", () => {
  using cache = new SlidingWindowCache({ capacity: 100, maxSequences: 2, window: 4, maxBatch: 8, shift });
  fill(cache, 6);
  cache.startForward({ positions: [6, 7] }); // dropped: 0
  cache.copyPrefix(0, 1, 8);
  cache.remove(0, 0);
  cache.remove(1, 1, 3); // 0, which is dropped, stays where it is; 3 to 7 become 1 to 5
  assert.equal(
    cache.state.cells.map(({ position }) => position),
    [4, 1, 2, 3, 5],
  );
  const [code, message] = fault(() => cache.remove(1, 2, 4));
  assert.is(code, "CACHE_WINDOW_LOST");
  assert.match(message, /would need position 0, which has left the window; the lowest it would have is 1/);
  cache.remove(1, 0);
  fill(cache, 3, 1); // a sequence that begins again has lost nothing
  cache.remove(1, 0, 1);
  fill(cache, 8, 0);
  cache.startForward({ positions: [8] }); // dropped: 0 to 2
  cache.copyPrefix(0, 1, 3); // nothing is left of it
  fill(cache, 3, 1);
  cache.remove(1, 0, 1);
});

test("a batch must be one", () => {
  using cache = new CausalCache({ capacity: 4 });
  const hint = "Give { positions, sequences }, one number from 0 on for each token.";
  const message = (problem: string): [string, string] => [
    "CACHE_BATCH",
    `This is no batch for a cache: ${problem}. ${hint}`,
  ];
  assert.equal(
    fault(() => cache.startForward({ positions: [] })),
    message("it has no tokens"),
  );
  assert.equal(
    fault(() => cache.startForward({ positions: [0, 1], sequences: [0] })),
    message("it has 2 positions and 1 sequences"),
  );
  assert.equal(
    fault(() => cache.startForward({ positions: [-1] })),
    message("it has -1 among its positions and sequences"),
  );
});

test("options and arguments are checked", () => {
  const option = (name: string, got: unknown, want: string): [string, string] => [
    "CACHE_OPTION",
    `"${name}" of a cache is ${String(got)}; it must be ${want}.`,
  ];
  assert.equal(
    fault(() => new CausalCache({ capacity: 0 })),
    option("capacity", 0, "a whole number from 1 to 16777216"),
  );
  assert.equal(
    fault(() => new ChunkedCache({ capacity: 4, chunk: 1.5 })),
    option("chunk", 1.5, "a whole number from 1 to 16777216"),
  );
  assert.equal(
    fault(() => new SlidingWindowCache({ capacity: 4, window: 2, memory: 1 })),
    option("memory", 1, "at least the window of 2"),
  );
  assert.equal(
    fault(() => new SlidingWindowCache({ capacity: 4, window: 0 })),
    option("window", 0, "a whole number from 1 to 16777216, or Infinity"),
  );
  // Several sequences keep one token more than the window, so such a memory is enough; and the capacity is.
  new SlidingWindowCache({ capacity: 8, maxSequences: 2, window: 2, memory: 1 }).dispose();
  new SlidingWindowCache({ capacity: 4, window: 8, memory: 4 }).dispose();
  assert.equal(
    fault(() => new WrapperCache([])),
    option("caches", "[]", "a list of at least one"),
  );
  using cache = new CausalCache({ capacity: 4 });
  assert.equal(
    fault(() => cache.remove(0, 2, 1)),
    option("end", 1, "a whole number from 2 on, or Infinity"),
  );
});

test("keys must be those of the batch", () => {
  using cache = new CausalCache({ capacity: 4 });
  const x = rows(3);
  cache.startForward({ positions: [0, 1] });
  assert.equal(
    fault(() => cache.put(x, x)),
    [
      "CACHE_ROWS",
      "The keys of layer 0 are float32 [3, 1, 1]; they must be float32 [batch, kvHead, dim] with a batch of 2. " +
        "Give what the layer computed for the tokens of startForward.",
    ],
  );
  x.dispose();
});

test("a shift function that changes shapes is refused, and nothing moves", () => {
  using cache = new CausalCache({ capacity: 4, shift: (_, keys) => slice(keys, 0, 1) });
  fill(cache, 4);
  const before = cache.state;
  assert.is(
    fault(() => cache.remove(0, 1, 2))[1],
    "The keys of layer 0 are float32 [1, 1, 1]; they must be float32 [2, 1, 1] after the shift function. " +
      "Give what the layer computed for the tokens of startForward.",
  );
  assert.equal(cache.state, before);
});

test("put and get belong to a pass", () => {
  using cache = new CausalCache({ capacity: 4 });
  assert.equal(
    fault(() => cache.get()),
    [
      "CACHE_NO_PASS",
      '"get" of a cache was called outside a pass. Call startForward first; after one that failed, call it again.',
    ],
  );
  cache.startForward({ positions: [0] });
  assert.equal(
    fault(() => cache.get()),
    ["CACHE_NOTHING_PUT", "Nothing was put into layer 0. Call setLayer, put, then get."],
  );
});

test("a disposed cache says so", () => {
  const cache = new CausalCache({ capacity: 4 });
  cache.dispose();
  cache.dispose();
  assert.equal(
    fault(() => cache.startForward({ positions: [0] })),
    [
      "CACHE_DISPOSED",
      "This cache was disposed, and its keys and values with it. Call it inside the scope of its `using`.",
    ],
  );
});

test("an encoder's cache holds one sequence", () => {
  const hint = "It holds what one sequence attends to; make one for each.";
  assert.equal(
    fault(() => new EncoderCache({ maxSequences: 2 })),
    ["CACHE_ENCODER", `An encoder's cache holds one sequence, not 2. ${hint}`],
  );
});

test("a session says when all slots are in use", () => {
  using cache = new CausalCache({ capacity: 4 });
  const session = new CacheSession(cache, { context: 4 });
  session.load([1]);
  assert.equal(
    fault(() => session.load([2])),
    ["CACHE_NO_SLOT", "All 1 slot of the session are in use. Release one, or make a session of more slots."],
  );
});

test("a slot that cannot be shifted is emptied, and gives back what to compute again", () => {
  using cache = new CausalCache({ capacity: 4 });
  const session = new CacheSession(cache, { context: 4 });
  const { slot, remaining } = session.load([7, 8, 9, 10]);
  fill(cache, 4);
  session.append(slot, remaining);
  const error = thrown(() => session.shift(slot, 1)) as HookdictError;
  assert.is(error.code, "CACHE_REPROCESS");
  assert.is(
    error.message,
    "Sequence 0 could not be shifted, and was emptied: Removing positions 1 to 2 of sequence 0 would move later ones; " +
      "the cache has no shift function. Give the cache { shift }, or remove everything from 1 on. " +
      "Compute the 3 inputs in fields.inputs again.",
  );
  assert.equal([error.fields["inputs"], slot.inputs, cache.state.cells], [[7, 9, 10], [], []]);
});

test("caches that are given no options, or no caches, say what they take", () => {
  const message = (make: () => unknown): string => thrown(make).message;
  const none = undefined as never;
  assert.is(
    message(() => new CausalCache(none)),
    '"options" of a cache is undefined; it must be an object such as { capacity: 128 }.',
  );
  assert.is(
    message(() => new SlidingWindowCache(none)),
    '"options" of a cache is undefined; it must be an object such as { capacity: 128, window: 16 }.',
  );
  assert.is(
    message(() => new ChunkedCache(none)),
    '"options" of a cache is undefined; it must be an object such as { capacity: 128, chunk: 16 }.',
  );
  assert.is(
    message(() => new WrapperCache(none)),
    '"caches" of a cache is undefined; it must be a list of caches.',
  );
  assert.is(
    message(() => new WrapperCache([7 as never])),
    '"caches[0]" of a cache is 7; it must be a cache.',
  );
  assert.is(
    message(() => new CacheSession(none, { context: 8 })),
    '"cache" of a cache is undefined; it must be a cache.',
  );
  using cache = new CausalCache({ capacity: 8 });
  assert.is(
    message(() => new CacheSession(cache, none)),
    '"options" of a cache is undefined; it must be an object such as { context: 128 }.',
  );
});

test.run();
