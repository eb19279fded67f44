import { isTensorDict, type Key, TensorDict } from "@hookdict/tensordict";
import { scalar, type Tensor, tensor1d, zeros } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

const test = suite("TensorDict access");

test("a nested key reaches through levels, which set makes", () => {
  using td = new TensorDict();
  td.set(["a", "b", "c"], tensor1d([1, 2])).set(["a", "d"], "text");
  assert.equal([...td.get(["a", "b", "c"]).dataSync()], [1, 2]);
  assert.equal(td.get<TensorDict>(["a", "b"]).keys(), ["c"]);
  assert.equal(td.keys({ nested: true }), ["a", ["a", "b"], ["a", "b", "c"], ["a", "d"]]);
});

test("a fallback stands in for a missing key only", () => {
  using td = new TensorDict({ a: 0, b: { c: null } });
  assert.is(td.get("x", null), null);
  assert.is(td.get(["a", "x"], 7), 7);
  assert.is(td.get("a", 7), 0);
  assert.is(td.get(["b", "c"], 7), null);
});

test("dots, slashes, empty and built-in names are ordinary keys", () => {
  using td = new TensorDict();
  const names = ["a.b", "a/b", "", "__proto__", "constructor", "#1", "toString"];
  for (const [i, name] of names.entries()) td.set(name, i).set([name + "!", name], i);
  assert.equal(
    names.map((name) => td.get(name)),
    [0, 1, 2, 3, 4, 5, 6],
  );
  assert.equal(
    names.map((name) => td.get([name + "!", name])),
    [0, 1, 2, 3, 4, 5, 6],
  );
  assert.is(td.has("valueOf"), false);
});

test("keys come in the order of insertion, also those that look like numbers", () => {
  using td = new TensorDict();
  for (const name of ["2", "b", "1", "a"]) td.set(name, 0);
  td.set("b", 1);
  assert.equal(td.keys(), ["2", "b", "1", "a"]);
});

test("a record becomes a nested dict with the batch size around it", () => {
  using td = new TensorDict({ a: { b: zeros([3, 4]) } }, { batchSize: [3] });
  const child = td.get("a");
  assert.ok(isTensorDict(child));
  assert.equal((child as unknown as TensorDict).batchSize, [3]);
  assert.is(td.get("a"), td.get("a"));
});

test("delete frees, pop and release hand out", () => {
  using td = new TensorDict({ a: scalar(1), b: scalar(2), c: { d: scalar(3) } });
  const b = td.get("b");
  td.delete("b");
  assert.ok(b.isDisposed);
  const a = td.pop("a");
  const c = td.release<TensorDict>("c");
  assert.is(td.size, 0);
  assert.is(a.dataSync()[0], 1);
  assert.is(c.get("d").dataSync()[0], 3);
  a.dispose();
  c.dispose();
  assert.is(td.pop("a", null), null);
});

test("entries, values and iteration agree", () => {
  using td = new TensorDict({ a: 1, b: { c: 2 }, d: 3 });
  assert.equal(td.entries({ nested: true, leavesOnly: true }), [
    ["a", 1],
    [["b", "c"], 2],
    ["d", 3],
  ]);
  assert.equal(td.values({ nested: true, leavesOnly: true }), [1, 2, 3]);
  assert.equal(td.keys({ leavesOnly: true }), ["a", "d"]);
  assert.equal(
    [...td].map(([name]) => name),
    td.keys(),
  );
});

test("update merges nested levels and replaces leaves", () => {
  using td = new TensorDict({ a: scalar(1), b: { c: scalar(2), d: scalar(3) } });
  td.update({ a: scalar(10), b: { c: scalar(20) }, e: "new" });
  const read = (key: Key): unknown => td.get<Tensor>(key).dataSync()[0];
  assert.equal([read("a"), read(["b", "c"]), read(["b", "d"]), td.get("e")], [10, 20, 3, "new"]);
});

test("update happens whole or not at all", () => {
  using td = new TensorDict({ a: zeros([2]), b: { c: zeros([2]) } }, { batchSize: [2] });
  const good = zeros([2]);
  const bad = zeros([3]);
  const [a, c] = [td.get("a"), td.get(["b", "c"])];
  assert.throws(() => td.update({ a: good, b: { c: bad } }));
  assert.is(td.get("a"), a);
  assert.is(td.get(["b", "c"]), c);
  assert.not(good.isDisposed || bad.isDisposed);
  good.dispose();
  bad.dispose();
});

test("update from a TensorDict shares its tensors", () => {
  using td = new TensorDict({ a: scalar(1) });
  using other = new TensorDict({ a: scalar(2), b: { c: scalar(3) } });
  td.update(other);
  other.dispose();
  assert.equal([td.get("a").dataSync()[0], td.get(["b", "c"]).dataSync()[0]], [2, 3]);
});

test("apply and map keep the tree, and values that are no tensors", () => {
  using td = new TensorDict({ a: scalar(1), b: { c: scalar(2), name: "x" } });
  using mapped = td.map((tensor) => tensor.clone());
  assert.equal(mapped.keys({ nested: true }), td.keys({ nested: true }));
  assert.is(mapped.get(["b", "name"]), "x");
  using applied = td.apply((_, key) => scalar(key.length), mapped);
  assert.is(applied.get(["b", "c"]).dataSync()[0], 2);
});

test("mapEntries leaves out what becomes undefined", () => {
  using td = new TensorDict({ a: scalar(1), b: { c: scalar(2), name: "x" } });
  using named = td.mapEntries((key, value) => (value === "x" ? "y" : key === "a" ? undefined : 5));
  assert.equal(named.entries({ nested: true, leavesOnly: true }), [
    [["b", "c"], 5],
    [["b", "name"], "y"],
  ]);
});

test("renameKey moves, also between levels, and the value comes last", () => {
  using td = new TensorDict({ a: scalar(1), b: { c: 2 } });
  const a = td.get("a");
  td.renameKey("a", ["b", "d"]);
  assert.equal(td.keys({ nested: true }), ["b", ["b", "c"], ["b", "d"]]);
  assert.is(td.get(["b", "d"]), a);
});

test("autoBatchSize finds the leading dims that all leaves share", () => {
  using td = new TensorDict({ a: zeros([2, 3, 4]), b: { c: zeros([2, 3]), d: zeros([2, 3, 5]) }, n: 1 });
  assert.equal(td.autoBatchSize().batchSize, [2, 3]);
  assert.equal(td.get<TensorDict>("b").batchSize, [2, 3]);
  assert.equal(td.autoBatchSize(1).batchSize, [2]);
});

test("a nested dict begins with its parent's batch size and may go on", () => {
  using td = new TensorDict({ a: zeros([2, 3]) }, { batchSize: [2] });
  td.set("b", new TensorDict({ c: zeros([2, 3, 4]) }, { batchSize: [2, 3] }));
  td.batchSize = [];
  assert.equal(td.get<TensorDict>("b").batchSize, [2, 3]);
  td.batchSize = [2];
  using short = new TensorDict({ c: zeros([2]) });
  assert.throws(() => td.set("d", short), /^Not every shape begins/);
});

test.run();
