import { TensorDict } from "@hookdict/tensordict";
import { scalar, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

const test = suite("TensorDict structure");

function cache(): TensorDict {
  const td = new TensorDict();
  for (const block of [0, 1, 10])
    for (const site of ["hook_q", "hook_k", "attn.hook_out"])
      td.set(["fwd", `blocks.${block}.${site}`], scalar(block));
  return td.set(["bwd", "blocks.0.hook_q"], scalar(-1)).set("metric", 0.5);
}

const leaves = (td: TensorDict): string[] =>
  td.keys({ nested: true, leavesOnly: true }).map((key) => (typeof key === "string" ? key : key.join(":")));

test("select takes keys and everything below them", () => {
  using td = cache();
  using some = td.select("bwd", ["fwd", "blocks.1.hook_q"], "metric");
  assert.equal(leaves(some), ["fwd:blocks.1.hook_q", "bwd:blocks.0.hook_q", "metric"]);
});

test("select reads a glob over the segments of a name", () => {
  using td = cache();
  using queries = td.select(["fwd", "blocks.*.hook_q"]);
  assert.equal(leaves(queries), ["fwd:blocks.0.hook_q", "fwd:blocks.1.hook_q", "fwd:blocks.10.hook_q"]);
  using outs = td.select(["*", "blocks.{0,1}.**"]);
  assert.is(leaves(outs).length, 3 * 2 + 1);
});

test("two stars stand for any number of levels", () => {
  using td = cache();
  using all = td.select(["**", "blocks.0.hook_q"]);
  assert.equal(leaves(all), ["fwd:blocks.0.hook_q", "bwd:blocks.0.hook_q"]);
});

test("a key that is there means itself, whatever characters it has", () => {
  using td = new TensorDict({ "a*": 1, ab: 2 });
  using one = td.select("a*");
  assert.equal(one.keys(), ["a*"]);
});

test("exclude is the rest of select", () => {
  using td = cache();
  using rest = td.exclude(["fwd", "**.hook_*"], "metric");
  assert.equal(leaves(rest), ["bwd:blocks.0.hook_q"]);
  assert.ok(rest.has("fwd"));
});

test("without strict, what matches nothing is nothing", () => {
  using td = cache();
  using none = td.select("nothing", { strict: false });
  using all = td.exclude("nothing", { strict: false });
  assert.equal([none.size, leaves(all).length], [0, leaves(td).length]);
});

test("flattenKeys joins names and unflattenKeys splits them", () => {
  using td = new TensorDict({ a: { b: { c: scalar(1) }, d: "x" }, e: scalar(2) });
  using flat = td.flattenKeys("/");
  assert.equal(flat.keys(), ["a/b/c", "a/d", "e"]);
  using tree = flat.unflattenKeys("/");
  assert.equal(tree.keys({ nested: true }), td.keys({ nested: true }));
});

test("a clone shares data under new handles and is not locked", () => {
  using td = new TensorDict({ a: tensor2d([[1, 2]]) }, { lock: true, batchSize: [1] });
  using copy = td.clone();
  assert.is(copy.get("a").dataId, td.get("a").dataId);
  assert.is.not(copy.get("a"), td.get("a"));
  assert.equal([copy.isLocked, td.isLocked, copy.batchSize], [false, true, [1]]);
  td.dispose();
  assert.equal([...copy.get("a").dataSync()], [1, 2]);
});

test("bytes counts shared data once", () => {
  using td = new TensorDict({ a: tensor2d([[1, 2, 3]]), name: "text" });
  td.set("b", td.get("a"));
  assert.is(td.bytes, 3 * 4);
});

test("the text form is a tree on one screen", () => {
  using td = new TensorDict(
    {
      obs: tensor2d([[1], [2]]),
      next: { obs: tensor2d([[1], [2]]), "two words": [1, 2] },
      note: "n".repeat(80),
    },
    { batchSize: [2] },
  );
  assert.is(
    String(td),
    [
      "TensorDict [2]  2 tensors, 2 values, 16 B",
      "├─ obs   float32 [2, 1]  8 B",
      "├─ next  TensorDict [2]  2 keys",
      "│  ├─ obs          float32 [2, 1]  8 B",
      '│  └─ "two words"  [1,2]',
      `└─ note  "${"n".repeat(28)}…${"n".repeat(28)}"`,
    ].join("\n"),
  );
});

test("a hundred keys still fit on one screen", () => {
  using td = new TensorDict(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, { v: i }])));
  const lines = String(td).split("\n");
  assert.is(lines.length, 30);
  assert.match(lines.at(-1) ?? "", /^└─ … 72 more$/);
});

test("JSON has the shapes and the plain values", () => {
  using td = new TensorDict({ a: scalar(1), b: { c: "x" } });
  assert.equal(JSON.parse(JSON.stringify(td)), {
    batchSize: [],
    entries: {
      a: { dtype: "float32", shape: [] },
      b: { batchSize: [], entries: { c: { value: "x" } } },
    },
  });
});

test.run();
