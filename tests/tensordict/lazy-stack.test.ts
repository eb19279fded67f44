import { LazyStack, nonTensorStack, TensorDict } from "@hookdict/tensordict";
import { memory, scalar, tensor1d, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("LazyStack");

/** Two dicts of batch [2]: `x` fits, `y` differs in shape, `only` is in the first alone. */
function ragged(): LazyStack<Readonly<Record<string, unknown>>> {
  const part = (n: number): TensorDict =>
    new TensorDict(
      { x: tensor1d([n, n + 1]), y: zeros([2, n]), deep: { x: tensor1d([n, n]) }, name: `p${n}` },
      {
        batchSize: [2],
      },
    );
  return TensorDict.lazyStack([part(1).set("only", 1), part(2)], 0);
}

test("reading a key stacks that key alone", () => {
  using stack = ragged();
  const before = memory().numTensors;
  const x = stack.get("x");
  assert.is(memory().numTensors, before + 1);
  assert.equal(
    [x.shape, [...x.dataSync()]],
    [
      [2, 2],
      [1, 2, 2, 3],
    ],
  );
  x.dispose();
  assert.equal(stack.get<unknown>("name"), [["p1", "p1"], ["p2", "p2"]]); // prettier-ignore
});

test("the stack's dim may be any", () => {
  const parts = [1, 2, 3].map((n) => new TensorDict({ x: tensor1d([n, -n]) }, { batchSize: [2] }));
  using stack = TensorDict.lazyStack(parts, -1);
  assert.equal([stack.dim, stack.batchSize, stack.length], [1, [2, 3], 3]);
  const x = stack.get("x");
  assert.equal([...x.dataSync()], [1, 2, 3, -1, -2, -3]);
  x.dispose();
});

test("keys are those that all dicts have", () => {
  using stack = ragged();
  assert.equal(stack.keys({ nested: true }), ["x", "y", "deep", ["deep", "x"], "name"]);
  assert.equal([stack.has("only"), stack.has(["deep", "x"])], [false, true]);
  assert.is(failure(() => stack.get("only"))[0], "KEY_MISSING");
  assert.is(String(stack), 'LazyStack [2, 2]  dim 0, in all: "x", "y", ["deep","x"], "name"');
});

test("shapes that differ are read one by one", () => {
  using stack = ragged();
  assert.equal(
    failure(() => stack.get("y")),
    [
      "SHAPES_DIFFER",
      'stack needs equal dtypes and shapes. In number 2, "y" is float32 [2, 2], not float32 [2, 1]. lazyStack() holds TensorDicts of different shapes.',
    ],
  );
  assert.equal(stack.getEach("y").map(({ shape }) => shape), [[2, 1], [2, 2]]); // prettier-ignore
});

test("an index gives the dict itself, and nested dicts a stack of their own", () => {
  using stack = ragged();
  stack.at(-1).set("x", tensor1d([8, 9]));
  const x = stack.get("x");
  assert.equal([...x.dataSync()], [1, 2, 8, 9]);
  x.dispose();
  using deep = stack.get<LazyStack>("deep");
  deep.set("z", tensor2d([[1, 2], [3, 4]])); // prettier-ignore
  deep.dispose();
  assert.equal([...stack.at(1).get(["deep", "z"]).dataSync()], [3, 4]);
});

test("writes go through to the dicts", () => {
  using stack = ragged();
  stack.set("new", tensor2d([[1, 2], [3, 4]])).set(["deep", "tag"], nonTensorStack(["a", "b", "c", "d"], [2, 2])); // prettier-ignore
  stack.setEach("y", [zeros([2, 7]), zeros([2])]).set("same", "s");
  assert.equal([...stack.at(1).get("new").dataSync()], [3, 4]);
  assert.equal(
    [...stack].map((part) => part.get<unknown>(["deep", "tag"])),
    [
      ["a", "b"],
      ["c", "d"],
    ],
  );
  assert.equal(
    stack.getEach("y").map(({ shape }) => shape),
    [[2, 7], [2]],
  );
  assert.equal(stack.getEach<unknown>("same"), ["s", "s"]);
});

test("a write happens in all dicts or in none", () => {
  using stack = ragged();
  stack.at(1).lock();
  const value = zeros([2, 2]);
  assert.is(failure(() => stack.set("new", value))[0], "DICT_LOCKED");
  stack.at(1).unlock();
  const bad = zeros([3, 2]);
  assert.is(failure(() => stack.set("new", bad))[0], "BATCH_MISMATCH");
  assert.is(failure(() => stack.setEach("new", [value, bad]))[0], "BATCH_MISMATCH");
  assert.equal([stack.at(0).has("new"), value.isDisposed, bad.isDisposed], [false, false, false]);
  value.dispose();
  bad.dispose();
});

test("append takes one more", () => {
  using stack = ragged();
  stack.append(new TensorDict({ x: tensor1d([5, 6]) }, { batchSize: [2] }));
  assert.equal([stack.batchSize, stack.keys()], [[3, 2], ["x"]]);
});

test("dense stacks everything, or what all share", () => {
  using stack = ragged();
  assert.is(failure(() => stack.dense())[0], "KEYS_DIFFER");
  for (const part of stack) part.delete("y");
  using shared = stack.dense({ shared: true });
  assert.equal(shared.keys({ nested: true }), ["x", "deep", ["deep", "x"], "name"]);
  assert.equal(shared.get(["deep", "x"]).shape, [2, 2]);
});

test("maybeDenseStack is dense where it can be, and takes the dicts either way", () => {
  const part = (size: number): TensorDict => new TensorDict({ x: zeros([size]) });
  const even = [part(2), part(2)];
  using dense = TensorDict.maybeDenseStack(even);
  using lazy = TensorDict.maybeDenseStack([part(2), part(3)]);
  assert.ok(dense instanceof TensorDict && lazy instanceof LazyStack);
  assert.ok(even.every((one) => one.isDisposed));
});

test("a stack ends with its dicts, and its dicts with it", () => {
  const stack = ragged();
  const part = stack.at(0);
  stack.dispose();
  stack.dispose();
  assert.ok(part.isDisposed);
  assert.is(failure(() => stack.get("x"))[0], "DICT_DISPOSED");
  const other = ragged();
  other.at(0).dispose();
  assert.is(failure(() => other.get("x"))[0], "DICT_DISPOSED");
  other.dispose();
});

test("run disposes at its end, also when the function throws", () => {
  const stack = ragged();
  assert.is(thrown(() => stack.run(() => { throw new Error("no"); })).message, "no"); // prettier-ignore
  assert.is(failure(() => ragged().run(async () => 1))[0], "RUN_ASYNC");
});

test("the messages of its own errors", () => {
  using stack = ragged();
  assert.equal(
    failure(() => stack.setEach("x", [1])),
    ["LAZY_LENGTH", '1 values were given for "x" of a stack of 2. Give one value per TensorDict.'],
  );
  using other = new TensorDict({}, { batchSize: [3] });
  assert.equal(
    failure(() => stack.append(other)),
    [
      "SHAPES_DIFFER",
      "lazyStack needs equal dtypes and shapes. In number 3, the whole is TensorDict [3], not TensorDict [2]. The batch sizes must be equal; all else may differ.",
    ],
  );
  assert.is(failure(() => TensorDict.lazyStack([]))[0], "NOTHING_TO_JOIN");
  assert.is(failure(() => stack.at(2))[0], "INDEX_RANGE");
});

test("update gives each dict its part, in all or none", () => {
  const one = (n: number): TensorDict => new TensorDict({ a: scalar(n) });
  using stack = TensorDict.lazyStack([one(1), one(2)]);
  stack.update({ a: tensor1d([5, 6]), deep: { b: tensor1d([7, 8]) } });
  assert.equal(
    stack.getEach("a").map((a) => a.dataSync()[0]),
    [5, 6],
  );
  const second: TensorDict = stack.at(1);
  assert.is(second.get<Tensor>(["deep", "b"]).dataSync()[0], 8);
  const before = memory().numTensors;
  assert.is(
    failure(() => stack.update({ c: tensor1d([1, 2]), a: { under: tensor1d([1, 2]) } }))[0],
    "KEY_THROUGH_LEAF",
  );
  assert.equal([stack.has("c"), memory().numTensors], [false, before]);
});

test.run();
