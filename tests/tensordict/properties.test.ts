import { nonTensorStack, TensorDict } from "@hookdict/tensordict";
import { memoryDirectory } from "@hookdict/tensordict/io";
import { tensor, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { assert, suite } from "../gate/suite.ts";

// For generated trees. The gate counts tensors after each test.

const test = suite("TensorDict properties");

const BATCH = [2, 3];
const RUNS = { seed: 7, numRuns: 60 };

/** A leaf of batch [2, 3]: how it is made from its generated parts. */
type Leaf = () => unknown;

const name = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom("__proto__", "constructor", "a.b", "~", "a/b", "", "prototype"),
);

const numbers: fc.Arbitrary<Leaf> = fc
  .record({
    rest: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
    dtype: fc.constantFrom("float32" as const, "int32" as const, "bool" as const),
    seed: fc.integer({ min: -99, max: 99 }),
  })
  .map(({ rest, dtype, seed }) => () => {
    const shape = [...BATCH, ...rest];
    const size = shape.reduce((product, length) => product * length, 1);
    const values = Array.from({ length: size }, (_, i) => (dtype === "bool" ? (seed + i) & 1 : seed + i));
    return tensor(values, shape, dtype);
  });

const texts: fc.Arbitrary<Leaf> = fc
  .array(fc.string(), { minLength: 6, maxLength: 6 })
  .map((items) => () => tensor(items, BATCH, "string"));

const lists: fc.Arbitrary<Leaf> = fc
  .array(fc.jsonValue(), { minLength: 6, maxLength: 6 })
  .map((items) => () => nonTensorStack(items, BATCH));

const single: fc.Arbitrary<Leaf> = fc
  .oneof(fc.string(), fc.double(), fc.bigInt(), fc.constant(null))
  .map((value) => () => value);

type Tree = readonly (readonly [string, Leaf | Tree])[];

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.uniqueArray(
    fc.tuple(name, fc.oneof({ maxDepth: 3, depthSize: "small" }, numbers, texts, lists, single, tie("tree"))),
    { maxLength: 4, selector: ([key]) => key },
  ),
}));

function build(entries: Tree): TensorDict {
  const td = new TensorDict({}, { batchSize: BATCH });
  for (const [key, value] of entries) td.set(key, typeof value === "function" ? value() : build(value));
  return td;
}

/** Runs a check on generated trees, which are freed after it. */
async function forTrees(check: (td: TensorDict, dim: number) => Promise<void> | void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(tree, fc.integer({ min: 0, max: 1 }), async (entries, dim) => {
      using td = build(entries);
      await check(td, dim);
    }),
    RUNS,
  );
}

async function same(a: TensorDict, b: TensorDict): Promise<void> {
  assert.equal(await a.toHost(), await b.toHost());
  assert.is(String(a), String(b));
}

test("unflattenKeys after flattenKeys is nothing, but for empty levels", async () => {
  await forTrees(async (td) => {
    const separator = "\u0000/"; // in no generated name
    using flat = td.flattenKeys(separator);
    using back = flat.unflattenKeys(separator);
    const paths = (one: TensorDict): unknown[] => one.keys({ nested: true, leavesOnly: true });
    assert.equal(paths(back), paths(td));
    using again = back.flattenKeys(separator);
    await same(again, flat);
  });
});

test("cat after split is nothing", async () => {
  await forTrees(async (td, dim) => {
    const parts = td.split(1, dim);
    using whole = TensorDict.cat(parts, dim);
    for (const part of parts) part.dispose();
    await same(whole, td);
  });
});

test("stack after unbind is nothing, where a value that holds everywhere is spelled out", async () => {
  await forTrees(async (td, dim) => {
    const once = td.unbind(dim);
    using whole = TensorDict.stack(once, dim);
    for (const part of once) part.dispose();
    assert.equal(whole.keys({ nested: true }), td.keys({ nested: true }));
    const again = whole.unbind(dim);
    using back = TensorDict.stack(again, dim);
    for (const part of again) part.dispose();
    await same(back, whole);
    for (const [key, leaf] of td.entries({ nested: true, leavesOnly: true })) {
      if (isTensor(leaf)) assert.equal([...whole.get(key).dataSync()], [...leaf.dataSync()]);
    }
  });
});

test("select and exclude share out all keys", async () => {
  await forTrees((td) => {
    const keys = td.keys();
    const chosen = keys.filter((_, i) => i % 2 === 0);
    using some = td.select(...chosen);
    using rest = td.exclude(...chosen);
    assert.equal([...some.keys(), ...rest.keys()].sort(), [...keys].sort());
    some.update(rest);
    assert.equal(some.keys().sort(), [...keys].sort());
  });
});

test("load after save is nothing", async () => {
  await forTrees(async (td) => {
    const files = memoryDirectory("memory");
    await td.save(await files.create("a"));
    using back = await TensorDict.load(files.files.get("a") ?? new Uint8Array());
    await same(back, td);
  });
});

test("fromHost after toHost is nothing", async () => {
  await forTrees(async (td) => {
    using back = TensorDict.fromHost(await td.toHost());
    await same(back, td);
  });
});

test("transpose twice, reshape and back, unsqueeze and squeeze are nothing", async () => {
  await forTrees(async (td, dim) => {
    using turned = td.transpose(0, 1);
    using back = turned.transpose(1, 0);
    await same(back, td);
    using flat = td.reshape([6]);
    using square = flat.reshape(BATCH);
    await same(square, td);
    using wide = td.unsqueeze(dim);
    using narrow = wide.squeeze(dim);
    await same(narrow, td);
  });
});

test("an index picks what unbind gives at its place", async () => {
  await forTrees(async (td, dim) => {
    const parts = td.unbind(dim);
    using second = dim === 0 ? td.at(1) : td.at({}, 1);
    await same(second, parts[1] as TensorDict);
    for (const part of parts) part.dispose();
  });
});

test("a tree's tensors are freed with it, however it was made", async () => {
  const x = tensor1d([1, 2]);
  using td = new TensorDict({ x, again: x, nested: { x } });
  td.set("nested", td.get("nested"));
  assert.is(td.get(["nested", "x"]).dataId, x.dataId);
});

function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dataId" in value;
}

test.run();
