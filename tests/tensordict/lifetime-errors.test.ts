import { TensorDict } from "@hookdict/tensordict";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("errors of locked and disposed TensorDicts");

test("a locked TensorDict refuses every write", () => {
  using td = new TensorDict({ a: 1, b: { c: 2 } }, { lock: true });
  const writes: Record<string, () => unknown> = {
    set: () => td.set("a", 2),
    delete: () => td.delete("a"),
    pop: () => td.pop("a"),
    release: () => td.release("a"),
    update: () => td.update({ a: 2 }),
    renameKey: () => td.renameKey("a", "d"),
    batchSize: () => (td.batchSize = []),
    autoBatchSize: () => td.autoBatchSize(),
  };
  for (const [action, write] of Object.entries(writes)) {
    assert.equal(failure(write), [
      "DICT_LOCKED",
      `${action} was called on a locked TensorDict. Call unlock() on the outermost one first, or change a clone().`,
    ]);
  }
  assert.is(failure(() => td.get<TensorDict>("b").set("c", 3))[0], "DICT_LOCKED");
  assert.is(failure(() => td.set(["b", "c"], 3))[0], "DICT_LOCKED");
});

test("an unlocked child of a locked root is impossible", () => {
  using td = new TensorDict({ b: { c: 2 } }, { lock: true });
  assert.equal(
    failure(() => td.get<TensorDict>("b").unlock()),
    [
      "UNLOCK_NESTED",
      'The TensorDict at "b" cannot be unlocked while the one around it is locked. Call unlock() on the outermost one, or change a clone().',
    ],
  );
  td.unlock();
  td.get<TensorDict>("b").set("c", 3);
  assert.is(td.get(["b", "c"]), 3);
});

test("a disposed TensorDict refuses everything", () => {
  const td = new TensorDict({ a: scalar(1) });
  td.dispose();
  td.dispose();
  const uses: Record<string, () => unknown> = {
    get: () => td.get("a"),
    set: () => td.set("a", 1),
    has: () => td.has("a"),
    keys: () => td.keys(),
    clone: () => td.clone(),
    map: () => td.map((x) => x),
    batchSize: () => td.batchSize,
    lock: () => td.lock(),
    toJSON: () => td.toJSON(),
  };
  for (const [action, use] of Object.entries(uses)) {
    assert.equal(failure(use), [
      "DICT_DISPOSED",
      `${action} was called on a TensorDict that is disposed. Use it inside its using block, or keep a clone().`,
    ]);
  }
  assert.is(String(td), "TensorDict (disposed)");
});

test("a nested TensorDict is not disposed on its own", () => {
  using td = new TensorDict({ a: { b: { c: scalar(1) } } });
  assert.equal(
    failure(() => td.get<TensorDict>(["a", "b"]).dispose()),
    [
      "DISPOSE_NESTED",
      'The TensorDict at ["a","b"] belongs to the one around it and was not disposed. delete() its key there, or take it out with release() first.',
    ],
  );
});

test("a TensorDict inside itself", () => {
  using td = new TensorDict({ a: {} });
  assert.equal(
    failure(() => td.set(["a", "b"], td)),
    ["DICT_CYCLE", 'Under ["a","b"], a TensorDict would contain itself. Store a clone() of it.'],
  );
});

test("a tensor that was disposed before it is stored", () => {
  using td = new TensorDict();
  const x = scalar(1);
  x.dispose();
  assert.equal(
    failure(() => td.set("a", x)),
    [
      "TENSOR_DISPOSED",
      'The tensor for "a" is disposed already. Store it before its scope or its owner frees it.',
    ],
  );
  assert.is(failure(() => new TensorDict({ a: x }))[0], "TENSOR_DISPOSED");
});

test("a leaf that somebody else disposed", () => {
  using td = new TensorDict({ a: { b: scalar(1) } });
  td.get<Tensor>(["a", "b"]).dispose();
  const told = [
    "LEAF_DISPOSED",
    'The tensor at ["a","b"] was disposed by somebody else than its TensorDict. get() only lends a tensor: take it with release() before you dispose it.',
  ] as const;
  assert.equal(
    failure(() => td.get(["a", "b"])),
    told,
  );
  assert.equal(
    failure(() => td.clone()),
    told,
  );
  assert.match(String(td), "disposed by somebody else");
});

test("run with a function that returns a promise", () => {
  assert.equal(
    failure(() => new TensorDict().run(async () => 1)),
    [
      "RUN_ASYNC",
      "The function given to run() returned a promise, so the TensorDict would be disposed before it is done. Call runAsync() and await it.",
    ],
  );
});

test.run();
