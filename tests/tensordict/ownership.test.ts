import { TensorDict } from "@hookdict/tensordict";
import { add, grad, memory, mul, scalar, type Scalar, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

// The cases of the table in docs/tensordict.md, in its order.

const test = suite("TensorDict ownership");
const count = (): number => memory().numTensors;

test("set takes: the dict frees the tensor at its end", () => {
  const x = scalar(1);
  {
    using td = new TensorDict();
    td.set("x", x);
  }
  assert.ok(x.isDisposed);
});

test("set takes out of the surrounding tidy", () => {
  using td = new TensorDict();
  tidy(() => void td.set("x", add(scalar(1), scalar(2))));
  assert.is(td.get("x").dataSync()[0], 1 + 2);
});

test("a write that throws takes nothing and changes nothing", () => {
  using td = new TensorDict({ x: zeros([2]) }, { batchSize: [2] });
  const [good, bad] = [zeros([2]), zeros([3])];
  const old = td.get("x");
  thrown(() => td.set("x", bad));
  thrown(() => td.set("y", { good, bad }));
  thrown(() => new TensorDict({ good, bad }, { batchSize: [2] }));
  assert.equal(
    [td.get("x") === old, td.keys(), good.isDisposed, bad.isDisposed],
    [true, ["x"], false, false],
  );
  good.dispose();
  bad.dispose();
});

test("set over a value frees the old one", () => {
  using td = new TensorDict({ x: scalar(1) });
  const old = td.get("x");
  td.set("x", scalar(2));
  assert.ok(old.isDisposed);
});

test("setting the same tensor again under its key is nothing", () => {
  using td = new TensorDict({ x: scalar(1) });
  const before = count();
  td.set("x", td.get("x"));
  assert.equal([count(), td.get("x").dataSync()[0]], [before, 1]);
});

test("the same tensor under two keys is owned once each: the second is a reference clone", () => {
  const td = new TensorDict();
  const x = scalar(1);
  td.set("a", x).set("b", x);
  assert.is(td.get("a"), x);
  assert.is.not(td.get("b"), x);
  td.delete("a");
  assert.is(td.get("b").dataSync()[0], 1);
  td.dispose();
});

test("a tensor that another dict owns is shared", () => {
  using a = new TensorDict({ x: scalar(1) });
  using b = new TensorDict();
  b.set("x", a.get("x"));
  a.dispose();
  assert.is(b.get("x").dataSync()[0], 1);
});

test("get borrows: what it gave dies with the dict", () => {
  const td = new TensorDict({ x: scalar(1) });
  const x = td.get("x");
  td.dispose();
  assert.ok(x.isDisposed);
});

test("pop and release move out: no scope and no dict frees it any more", () => {
  const td = new TensorDict({ x: scalar(1), y: scalar(2) });
  const [x, y] = tidy(() => {
    const moved = [td.pop("x"), td.release("y")] as const;
    td.dispose();
    return moved as unknown as Tensor[]; // tuples are containers to tidy
  });
  assert.equal([x?.isDisposed, y?.isDisposed], [false, false]);
  x?.dispose();
  y?.dispose();
});

test("what was moved out can be moved into another dict", () => {
  const a = new TensorDict({ x: scalar(1) });
  const x = a.get("x");
  using b = new TensorDict({ x: a.release("x") });
  a.dispose();
  assert.is(b.get("x"), x);
});

test("a whole TensorDict is taken: it lies in the other, and is the same object", () => {
  using td = new TensorDict();
  const child = new TensorDict({ x: scalar(1) });
  td.set("child", child);
  assert.is(td.get("child"), child);
  child.set("y", 2);
  assert.is(td.get(["child", "y"]), 2);
});

test("a TensorDict that lies in another is shared", () => {
  using a = new TensorDict({ child: { x: scalar(1) } });
  using b = new TensorDict();
  b.set("child", a.get("child"));
  a.dispose();
  assert.is(b.get(["child", "x"]).dataSync()[0], 1);
});

test("a nested view ends with its dict", () => {
  const td = new TensorDict({ child: { x: scalar(1) } });
  const child = td.get<TensorDict>("child");
  td.dispose();
  assert.ok(child.isDisposed);
  assert.is(failure(() => child.get("x"))[0], "DICT_DISPOSED");
});

test("a released nested dict lives on, on its own", () => {
  const td = new TensorDict({ child: { x: scalar(1) } });
  using child = td.release<TensorDict>("child");
  td.dispose();
  assert.is(child.get("x").dataSync()[0], 1);
});

test("what map's function leaves behind is freed, also when it throws", () => {
  using td = new TensorDict({ a: scalar(1), b: scalar(2) });
  const before = count();
  thrown(() =>
    td.map((x, key) => {
      if (key === "b") throw new Error("no");
      return add(mul(x, 2), 1);
    }),
  );
  assert.is(count(), before);
  using mapped = td.map((x) => add(mul(x, 2), 1));
  assert.is(count(), before + 2);
  assert.is(mapped.get("b").dataSync()[0], 2 * 2 + 1);
});

test("map's function may give back the tensor that it was lent", () => {
  using td = new TensorDict({ a: scalar(1) });
  using same = td.map((x) => x);
  td.dispose();
  assert.is(same.get("a").dataSync()[0], 1);
});

test("gradients flow through a dict and leave nothing behind", () => {
  const x = scalar(3);
  const slope = grad((value: Tensor) => {
    using td = new TensorDict();
    td.set("y", mul(value, value));
    using copy = td.clone();
    return mul<Scalar>(copy.get("y"), 2);
  })(x);
  assert.is(slope.dataSync()[0], 2 * 2 * 3);
  slope.dispose();
  x.dispose();
});

test("run and runAsync dispose also when the function throws", async () => {
  const td = new TensorDict({ x: scalar(1) });
  const other = new TensorDict({ x: scalar(1) });
  assert.is(thrown(() => td.run(() => { throw new Error("no"); })).message, "no"); // prettier-ignore
  assert.is((await rejected(other.runAsync(async () => { throw new Error("no"); }))).message, "no"); // prettier-ignore
  assert.ok(td.isDisposed && other.isDisposed);
  assert.is(await new TensorDict({ x: scalar(1) }).runAsync(async (dict) => dict.size), 1);
});

test.run();
