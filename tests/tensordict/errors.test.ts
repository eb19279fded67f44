import { nonTensorStack, TensorDict } from "@hookdict/tensordict";
import { scalar, zeros } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

const test = suite("errors of keys, values and batch sizes");

test("a key that is no key", () => {
  using td = new TensorDict();
  assert.equal(
    failure(() => td.get(3 as never)),
    [
      "KEY_INVALID",
      'A key must be a string or an array of strings, not the number 3. Write "a", or ["a", "b"] for what lies in "a".',
    ],
  );
  assert.equal(
    failure(() => td.set(["a", 0] as never, 1)),
    [
      "KEY_INVALID",
      'A key must be a string or an array of strings, not ["a", the number 0]. Write "a", or ["a", "b"] for what lies in "a".',
    ],
  );
});

test("a key without a name", () => {
  using td = new TensorDict();
  assert.equal(
    failure(() => td.get([])),
    ["KEY_EMPTY", "The key [] names nothing. Give at least one name."],
  );
});

test("a key deeper than a hundred levels", () => {
  using td = new TensorDict();
  const deep = Array.from({ length: 101 }, () => "a");
  assert.equal(
    failure(() => td.set(deep, 1)),
    [
      "KEY_TOO_DEEP",
      "A TensorDict would be nested 101 deep; at most 100 are possible. Use fewer, longer names.",
    ],
  );
});

test("values may not nest deeper either, in a record or a dict of their own", () => {
  using td = new TensorDict();
  using other = new TensorDict();
  other.set(
    Array.from({ length: 100 }, () => "b"),
    1,
  );
  const record = Array.from({ length: 100 }).reduce<object>((inner) => ({ a: inner }), {});
  assert.is(failure(() => td.set("a", record))[0], "KEY_TOO_DEEP");
  assert.is(failure(() => td.set(["a", "b"], other))[0], "KEY_TOO_DEEP");
  assert.is(failure(() => td.update(record as never))[0], "KEY_TOO_DEEP");
  assert.equal(td.keys(), []);
});

test("a missing key lists the nearest ones", () => {
  using td = new TensorDict({ obs: 1, next: { obs: 2 } });
  assert.equal(
    failure(() => td.get("ob")),
    ["KEY_MISSING", 'There is no key "ob". It has 3: "obs", "next", ["next","obs"].'],
  );
  using empty = new TensorDict();
  assert.equal(
    failure(() => empty.get(["a", "b"])),
    ["KEY_MISSING", 'There is no key ["a","b"]. The TensorDict is empty.'],
  );
  using many = new TensorDict(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, i])));
  assert.is(
    failure(() => many.get("k"))[1],
    'There is no key "k". It has 9, the nearest: "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7".',
  );
});

test("a key that goes on after a leaf", () => {
  using td = new TensorDict({ a: scalar(1), b: "text" });
  assert.equal(
    failure(() => td.get(["a", "x"])),
    [
      "KEY_THROUGH_LEAF",
      'The key ["a","x"] passes through "a", which is a tensor. Only a TensorDict has keys: choose another name, or delete that leaf first.',
    ],
  );
  assert.equal(
    failure(() => td.set(["b", "x", "y"], 1)),
    [
      "KEY_THROUGH_LEAF",
      'The key ["b","x","y"] passes through "b", which is a value. Only a TensorDict has keys: choose another name, or delete that leaf first.',
    ],
  );
});

test("two values under one key", () => {
  using td = new TensorDict({ "a.b": 1, a: { b: 2 } });
  const message = (action: string, key: string): string =>
    `${action} would put two values under ${key}. Rename or delete one of them first.`;
  assert.equal(
    failure(() => td.flattenKeys()),
    ["KEY_COLLISION", message("flattenKeys", '"a.b"')],
  );
  assert.equal(
    failure(() => td.unflattenKeys()),
    ["KEY_COLLISION", message("unflattenKeys", '"a"')],
  );
  assert.equal(
    failure(() => td.renameKey("a.b", "a")),
    ["KEY_COLLISION", message("renameKey", '"a"')],
  );
});

test("a pattern that matches no key", () => {
  using td = new TensorDict({ a: 1, b: { c: 2 } });
  const hint = `The keys are "a", "b", ["b","c"]. Correct the pattern, or pass { strict: false } as the last argument.`;
  assert.equal(
    failure(() => td.select("x*")),
    ["KEY_UNMATCHED", `No key matches "x*". ${hint}`],
  );
  assert.equal(
    failure(() => td.exclude("a", ["b", "d"])),
    ["KEY_UNMATCHED", `No key matches ["b","d"]. ${hint}`],
  );
  using empty = new TensorDict();
  assert.is(
    failure(() => empty.select("x*"))[1],
    'No key matches "x*". The TensorDict is empty. Correct the pattern, or pass { strict: false } as the last argument.',
  );
});

test("operands with other keys", () => {
  using a = new TensorDict({ x: scalar(1), y: { z: scalar(2) } });
  using b = new TensorDict({ x: scalar(1), w: scalar(2) });
  assert.equal(
    failure(() => a.apply((left) => left, b)),
    [
      "KEYS_DIFFER",
      'apply needs TensorDicts with tensors at the same keys. The second lacks ["y","z"] and has "w" besides. select() what they share first.',
    ],
  );
  using less = new TensorDict({ x: scalar(1) });
  for (const [left, right, how] of [
    [b, less, 'lacks "w"'],
    [less, b, 'has "w" besides'],
  ] as const)
    assert.is(
      failure(() => left.apply((each) => each, right))[1],
      `apply needs TensorDicts with tensors at the same keys. The second ${how}. select() what they share first.`,
    );
});

test("a value that no key can hold", () => {
  using td = new TensorDict();
  const hint =
    "Store a tensor, a TensorDict, a record of these, or a value such as a string, a number or a list.";
  assert.equal(
    failure(() => td.set("a", undefined)),
    ["VALUE_INVALID", `undefined cannot be stored under "a". ${hint}`],
  );
  assert.equal(
    failure(() => new TensorDict({ a: { f: () => 1 } })),
    ["VALUE_INVALID", `a function cannot be stored under ["a","f"]. ${hint}`],
  );
});

test("tensors hidden in a list", () => {
  using td = new TensorDict();
  const x = scalar(1);
  assert.equal(
    failure(() => td.set("a", [x])),
    [
      "VALUE_HOLDS_TENSOR",
      'The value for "a" is a list, or holds one, with a tensor inside, which nobody would free. Give each tensor a key of its own, or stack them.',
    ],
  );
  x.dispose();
});

test("more or fewer values than elements", () => {
  assert.equal(
    failure(() => nonTensorStack(["a", "b", "c"], [2, 2])),
    ["NON_TENSOR_COUNT", "3 values were given for the shape [2, 2]. Give one value per element."],
  );
});

test("content that is no record", () => {
  assert.equal(
    failure(() => new TensorDict("obs" as never)),
    [
      "CONTENT_INVALID",
      'The content of a TensorDict must be a record, not "obs". Write new TensorDict({ name: value }), or clone() what is a TensorDict already.',
    ],
  );
  using td = new TensorDict();
  for (const [content, shown] of [
    [td, "a TensorDict"],
    [null, "null"],
    [["a", 1], '["a", the number 1]'],
    [
      Array.from({ length: 10 }, () => true),
      `[${Array.from({ length: 8 }, () => "the boolean true").join(", ")} and 2 more]`,
    ],
  ] as const)
    assert.is(
      failure(() => new TensorDict(content as never))[1],
      `The content of a TensorDict must be a record, not ${shown}. Write new TensorDict({ name: value }), or clone() what is a TensorDict already.`,
    );
});

test("a batch size that is no list of sizes", () => {
  for (const [batchSize, told] of [
    [[-1], "[the number -1]"],
    [2, "the number 2"],
    [[1.5], "[the number 1.5]"],
  ] as const) {
    assert.equal(
      failure(() => new TensorDict({}, { batchSize: batchSize as never })),
      [
        "BATCH_SIZE_INVALID",
        `A batch size must be a list of sizes, not ${told}. Write [2, 3] for two batch dims, [] for none.`,
      ],
    );
  }
});

test("every shape that does not begin with the batch size is named in one error", () => {
  const [a, b, c, d] = [zeros([2, 3]), zeros([3, 2]), zeros([3]), zeros([])];
  assert.equal(
    failure(() => new TensorDict({ a, b, deep: { c, d } }, { batchSize: [3, 2] })),
    [
      "BATCH_MISMATCH",
      'Not every shape begins with the batch size: "a" has [2, 3], not [3, 2, ...]; ["deep","c"] has [3], not [3, 2, ...]; ' +
        '["deep","d"] has [], not [3, 2, ...]. Nothing was stored. Correct the shapes or the batch size.',
    ],
  );
  for (const tensor of [a, b, c, d]) tensor.dispose();
});

test("a batch size that the leaves do not have", () => {
  using td = new TensorDict({ a: zeros([2, 3]), b: { c: zeros([2]) } });
  assert.equal(
    failure(() => (td.batchSize = [2, 3])),
    [
      "BATCH_SIZE_CHANGE",
      'The batch size cannot become [2, 3]: ["b","c"] has [2]. Every leaf must begin with the batch size, and a nested TensorDict with its parent\'s.',
    ],
  );
  assert.equal(td.batchSize, []);
  using many = new TensorDict(
    Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, zeros([2])])),
  );
  const named = Array.from({ length: 20 }, (_, i) => `"k${i}" has [2]`).join("; ");
  assert.is(
    failure(() => (many.batchSize = [3]))[1],
    `The batch size cannot become [3]: ${named} and 1 more. Every leaf must begin with the batch size, and a nested TensorDict with its parent's.`,
  );
});

test.run();
