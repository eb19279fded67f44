import { nonTensorStack, TensorDict } from "@hookdict/tensordict";
import {
  complex,
  getBackend,
  grad,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { grid } from "./grid.ts";

const test = suite("TensorDict shape operations");

/** Everything that an operation must move together. */
function content(td: TensorDict): unknown {
  const numbers = [...td.get("n").dataSync()];
  const first = numbers.filter((_, i) => i % 2 === 0).map((n) => n / 2);
  assert.equal([...td.get(["deep", "n"]).dataSync()], first);
  assert.equal(td.get("n").shape, [...td.batchSize, 2]);
  assert.equal(td.get<TensorDict>("deep").batchSize, td.batchSize);
  const texts = [...(td.get("text").dataSync() as unknown as string[])];
  assert.equal(texts, [td.get<unknown[] | string>("s")].flat(Infinity));
  assert.ok([td.get<unknown>("tag")].flat(Infinity).every((tag) => tag === "x"));
  return [td.batchSize, texts.join("")];
}

function check(run: (td: TensorDict) => TensorDict, batchSize: number[], names: string): void {
  using td = grid();
  using result = run(td);
  td.dispose();
  assert.equal(content(result), [batchSize, names]);
}

test("an index drops its dim, a range and a list keep it", () => {
  check((td) => td.at(1), [3], "def");
  check((td) => td.at(-1, -3), [], "d");
  check((td) => td.at({ start: 1 }), [1, 3], "def");
  check((td) => td.at({}, { step: 2 }), [2, 2], "acdf");
  check((td) => td.at({}, [2, 0, -1]), [2, 3], "cacfdf");
  check((td) => td.at([1, 0], 0), [2], "da");
  check((td) => td.at({}, { start: -2, end: -1 }), [2, 1], "be");
});

test("an index may be an int32 tensor", () => {
  const index = tensor1d([1, 1, 0], "int32");
  check((td) => td.at(index), [3, 3], "defdefabc");
  index.dispose();
});

test("slice cuts the first dim", () => {
  check((td) => td.slice(1), [1, 3], "def");
  check((td) => td.slice(0, 1), [1, 3], "abc");
  check((td) => td.slice(2), [0, 3], "");
});

test("a mask lays the hits along one dim", () => {
  check((td) => td.mask([[true, false, false], [false, true, true]]), [3], "aef"); // prettier-ignore
  check((td) => td.mask([false, true]), [1, 3], "def");
  const none = zeros([2, 3], "bool");
  check((td) => td.mask(none), [0], "");
  none.dispose();
});

test("gather picks along one dim, place by place", () => {
  check((td) => td.gather(1, [[2, 0], [1, 1]]), [2, 2], "caee"); // prettier-ignore
  check((td) => td.gather(0, [[1, 0, -1]]), [1, 3], "dbf");
});

test("reshape, flatten and unflatten keep the order", () => {
  check((td) => td.reshape([3, -1]), [3, 2], "abcdef");
  check((td) => td.reshape([6]), [6], "abcdef");
  check((td) => td.flatten(), [6], "abcdef");
  check((td) => td.unflatten(1, [3, 1]), [2, 3, 1], "abcdef");
});

test("unsqueeze and squeeze put in and take out dims of size 1", () => {
  check((td) => td.unsqueeze(-1), [2, 3, 1], "abcdef");
  check((td) => td.unsqueeze(0), [1, 2, 3], "abcdef");
  check((td) => td.unsqueeze(1).run((one) => one.squeeze()), [2, 3], "abcdef");
  check((td) => td.squeeze(0), [2, 3], "abcdef");
  check((td) => td.slice(0, 1).run((one) => one.squeeze(0)), [3], "abc");
});

test("transpose swaps, permute reorders", () => {
  check((td) => td.transpose(0, 1), [3, 2], "adbecf");
  check((td) => td.permute([1, 0]), [3, 2], "adbecf");
  check((td) => td.permute([0, -1]), [2, 3], "abcdef");
});

test("expand repeats dims of size 1 and adds dims in front", () => {
  check((td) => td.slice(0, 1).run((one) => one.expand([2, 3])), [2, 3], "abcabc");
  check((td) => td.at(1).run((one) => one.expand([2, -1])), [2, 3], "defdef");
});

test("stack adds a dim, unbind takes it back", () => {
  check(
    (td) => {
      const parts = td.unbind(1);
      const whole = TensorDict.stack(parts, -1);
      for (const part of parts) part.dispose();
      return whole;
    },
    [2, 3],
    "abcdef",
  );
});

test("split and chunk cut, cat joins", () => {
  const parts = (cut: (td: TensorDict) => TensorDict[]): number[][] => {
    using td = grid();
    const some = cut(td);
    using whole = TensorDict.cat(some, -1);
    assert.equal(content(whole), content(td));
    const sizes = some.map((part) => [...part.batchSize]);
    for (const part of some) part.dispose();
    return sizes;
  };
  assert.equal(parts((td) => td.split(2, 1)), [[2, 2], [2, 1]]); // prettier-ignore
  assert.equal(parts((td) => td.split([1, 0, 2], 1)), [[2, 1], [2, 0], [2, 2]]); // prettier-ignore
  assert.equal(parts((td) => td.chunk(2, -1)), [[2, 2], [2, 1]]); // prettier-ignore
});

test("where chooses between two dicts element by element", () => {
  using td = grid();
  using back = td.at({}, [2, 1, 0]);
  const condition = tensor2d([[1, 1, 0], [0, 0, 1]], [2, 3], "bool"); // prettier-ignore
  using mixed = td.where(condition, back);
  assert.equal(content(mixed), [[2, 3], "abafef"]);
  using filled = td.select("n").run((numbers) => numbers.where(condition, -1));
  assert.equal([...filled.get("n").dataSync()], [0, 1, 2, 3, -1, -1, -1, -1, -1, -1, 10, 11]);
  assert.is(filled.get("n").dtype, "int32");
  condition.dispose();
});

// wasm has complex tensors, but joins and gathers real ones only.
if (getBackend() === "wasm") test.skip("complex tensors take part");
else
  test("complex tensors take part", () => {
    const [re, im] = [tensor1d([1, 2, 3]), tensor1d([4, 5, 6])];
    using td = new TensorDict({ z: complex(re, im) }, { batchSize: [3] });
    using picked = td.at([2, 0]);
    assert.equal([...picked.get("z").dataSync()], [3, 6, 1, 4]);
    using stacked = TensorDict.stack([td, td]);
    assert.equal(stacked.get("z").shape, [2, 3]);
    const condition = tensor1d([1, 0, 1], "bool");
    using chosen = td.where(condition, 0);
    assert.equal([...chosen.get("z").dataSync()], [1, 4, 0, 0, 3, 6]);
    for (const one of [re, im, condition]) one.dispose();
  });

test("stacked values become a list per dict, and a list beside the batch", () => {
  using a = new TensorDict({ name: "a", list: nonTensorStack([1, 2]) }, { batchSize: [2] });
  using b = new TensorDict({ name: "b", list: nonTensorStack([3, 4]) }, { batchSize: [2] });
  using both = TensorDict.stack([a, b]);
  assert.equal(both.get("name"), [["a", "a"], ["b", "b"]]); // prettier-ignore
  assert.equal(both.get("list"), [[1, 2], [3, 4]]); // prettier-ignore
  using second = both.at(1, 0);
  assert.equal([second.get("name"), second.get("list")], ["b", 3]);
  using joined = TensorDict.cat([a, b]);
  assert.equal(
    [joined.get("name"), joined.get("list")],
    [
      ["a", "a", "b", "b"],
      [1, 2, 3, 4],
    ],
  );
});

test("a value in a nested dict of more batch dims is repeated for all of them", () => {
  const part = (name: string): TensorDict =>
    new TensorDict({ deep: new TensorDict({ name }, { batchSize: [2, 2] }) }, { batchSize: [2] });
  using a = part("a");
  using b = part("b");
  using both = TensorDict.cat([a, b]);
  assert.equal(both.get(["deep", "name"]), [["a", "a"], ["a", "a"], ["b", "b"], ["b", "b"]]); // prettier-ignore
});

test("a nested dict keeps the batch dims that it has beyond its parent's", () => {
  using td = new TensorDict(
    { deep: new TensorDict({ x: zeros([2, 3, 4]) }, { batchSize: [2, 3] }) },
    { batchSize: [2] },
  );
  using wide = td.unsqueeze(0);
  assert.equal(wide.get<TensorDict>("deep").batchSize, [1, 2, 3]);
  using one = td.at(0);
  assert.equal(one.get<TensorDict>("deep").batchSize, [3]);
});

test("gradients flow through indexing, stacking and masks", () => {
  const x = tensor1d([1, 2, 3]);
  const slope = grad((value: Tensor) => {
    using td = new TensorDict({ x: value.clone() }, { batchSize: [3] });
    using some = td.at([2, 2, 0]);
    using masked = td.mask([true, false, true]);
    using twice = TensorDict.cat([some, masked]);
    return sum(twice.get("x"));
  })(x);
  assert.equal([...slope.dataSync()], [2, 0, 3]);
  slope.dispose();
  x.dispose();
});

test.run();
