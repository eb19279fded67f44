import { fileURLToPath } from "node:url";
import * as api from "@hookdict/tensordict";
import * as io from "@hookdict/tensordict/io";
import { LazyStack, TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { memory, ones, scalar, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure, failure } from "../support/failure.ts";

// Every public function is called with arguments that no type allows. It either does what it can with them or throws an
// error of ours: none of TensorFlow.js's, and no TypeError.

const test = suite("Arguments of tensordict");

const plain: Readonly<Record<string, unknown>> = { ...api };
const files: Readonly<Record<string, unknown>> = { ...io };

type Call = (...args: unknown[]) => unknown;

/** Values that somebody without a compiler may give; fresh at each call. The tensors end with the scope. */
function junk(): Readonly<Record<string, unknown>> {
  const disposed = scalar(1);
  disposed.dispose();
  const gone = new TensorDict({ x: scalar(1) });
  gone.dispose();
  return {
    undefined,
    null: null,
    text: "text",
    empty: "",
    number: 1.5,
    NaN: Number.NaN,
    negative: -7,
    bigint: 7n,
    true: true,
    symbol: Symbol("s"),
    function: () => undefined,
    list: [1, "a", null],
    "empty list": [],
    "list of null": [null],
    record: { a: 1 },
    "record without prototype": Object.create(null) as unknown,
    "class instance": new Map(),
    date: new Date(Number.NaN),
    "typed array": new Float32Array(2),
    "disposed tensor": disposed,
    "disposed TensorDict": gone,
  };
}

/** What does not throw for junk because it runs a function of the caller's, or ends a value that the test needs. */
const SKIPPED: ReadonlySet<string> = new Set(["constructor", "dispose", "run", "runAsync"]);

function methodsOf(prototype: object): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    return typeof value === "function" && !SKIPPED.has(name);
  });
}

const whole = (): TensorDict =>
  new TensorDict(
    { x: tensor2d([[1, 2], [3, 4]]), deep: { n: tensor1d([5, 6], "int32") }, name: "a" }, // prettier-ignore
    { batchSize: [2] },
  );

/** Frees what a call gave, if it can be freed. */
async function free(made: unknown): Promise<void> {
  for (const value of [made].flat()) {
    if (value instanceof TensorDict || value instanceof LazyStack) {
      if (value instanceof LazyStack || value.dictNode.parent === undefined) value.dispose();
    } else if (api.isTensor(value) && !value.isDisposed) value.dispose();
    else if (typeof value === "object" && value !== null && "close" in value) {
      await (value as { close(): Promise<void> }).close();
    }
  }
}

/** What is wrong with how a call answers, or `undefined`. */
async function complaint(name: string, call: () => unknown): Promise<string | undefined> {
  try {
    await free(await call());
    return undefined;
  } catch (error) {
    if (api.isHookdictError(error)) return undefined;
    return `${name}: ${error instanceof Error ? `${error.name} ${error.message}` : String(error)}`;
  }
}

/** Each junk value as the first, the second, or every argument. */
function argumentLists(): [string, unknown[]][] {
  return Object.keys(junk()).flatMap((kind): [string, unknown[]][] => {
    const value = (): unknown => junk()[kind];
    return [
      [`(${kind})`, [value()]],
      [`(${kind}, ${kind})`, [value(), value()]],
      [`(0, ${kind})`, [0, value()]],
      [`("x", ${kind})`, ["x", value()]],
      [`([0], ${kind})`, [[0], value()]],
      [`(list of ${kind})`, [[value()]]],
      [`(0.5, 0, { option: ${kind} })`, [0.5, 0, value()]],
    ];
  });
}

async function complaints(calls: readonly (readonly [string, Call])[]): Promise<string[]> {
  const found: string[] = [];
  for (const [name, call] of calls) {
    for (const [shown, args] of argumentLists()) {
      const said = await complaint(`${name}${shown}`, () => call(...args));
      if (said !== undefined) found.push(said);
    }
  }
  return found;
}

test("every method of a TensorDict answers junk with an error of ours", async () => {
  const before = memory().numTensors;
  const calls = methodsOf(TensorDict.prototype).map((name): [string, Call] => [
    name,
    async (...args) => {
      if (name === "save" && typeof args[0] === "string") return; // it would write there
      const td = whole();
      try {
        const made = (td as unknown as Record<string, Call>)[name]?.(...args);
        const result: unknown = await made;
        if (result !== td) await free(result);
      } finally {
        td.dispose();
      }
    },
  ]);
  assert.equal(await complaints(calls), []);
  assert.is(memory().numTensors, before);
});

test("so do the functions that make TensorDicts", async () => {
  const statics = ["of", "stack", "cat", "lazyStack", "maybeDenseStack", "fromHost", "load", "open"] as const;
  const calls = statics.map((name): [string, Call] => [
    name,
    (...args) => (TensorDict as unknown as Record<string, Call>)[name]?.(...args),
  ]);
  calls.push(["new TensorDict", (...args) => new TensorDict(...(args as []))]);
  assert.equal(await complaints(calls), []);
});

test("so do stacks", async () => {
  const calls = methodsOf(LazyStack.prototype).map((name): [string, Call] => [
    name,
    async (...args) => {
      const stack = TensorDict.lazyStack([whole(), whole()]);
      try {
        const result: unknown = await (stack as unknown as Record<string, Call>)[name]?.(...args);
        if (result !== stack && name !== "at") await free(result);
      } finally {
        stack.dispose();
      }
    },
  ]);
  assert.equal(await complaints(calls), []);
});

test("so do shards and files", async () => {
  const memoryOnly = (name: string, call: Call): [string, Call] => [
    name,
    (...args) => (typeof args[0] === "string" ? undefined : call(...args)),
  ];
  const directory = io.memoryDirectory("rows");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  const reader = await TensorDictReader.open(directory);
  const calls: [string, Call][] = [
    memoryOnly("TensorDictWriter.open", (...args) => TensorDictWriter.open(...(args as [never, never]))),
    memoryOnly("TensorDictReader.open", (...args) => TensorDictReader.open(...(args as [never]))),
    ["append", (...args) => writer.append(...(args as [never]))],
    ["batches", (...args) => reader.batches(...(args as [never])).next()],
    ...(
      [
        "openSource",
        "openDirectory",
        "openSafetensors",
        "openCheckpoint",
        "openSink",
        "writableDirectory",
      ] as const
    ).map((name) => memoryOnly(name, (...args) => (files[name] as Call)(...args))),
    memoryOnly("writeSafetensors", (...args) => (io.writeSafetensors as Call)(...args)),
    ["parseJson", (...args) => (io.parseJson as Call)(...args)],
    ["encodeFloat16", (...args) => (io.encodeFloat16 as Call)(...args)],
    ["encodeBFloat16", (...args) => (io.encodeBFloat16 as Call)(...args)],
    ["decodeFloat16", (...args) => (io.decodeFloat16 as Call)(...args)],
    ["decodeBFloat16", (...args) => (io.decodeBFloat16 as Call)(...args)],
    ["joinBytes", (...args) => (io.joinBytes as Call)(...args)],
    ["memoryDirectory", (...args) => (io.memoryDirectory as Call)("m", ...args)],
  ];
  assert.equal(await complaints(calls), []);
  await writer.close();
});

test("so do the plain functions", async () => {
  const names = ["nonTensor", "nonTensorStack", "isTensorDict", "isNonTensor", "isTensor", "keyPath", "describeValue", "tensorsOf", "conforms", "typeName", "isPlainRecord"] as const; // prettier-ignore
  const calls = names.map((name): [string, Call] => [name, (...args) => (plain[name] as Call)(...args)]);
  assert.equal(await complaints(calls), []);
});

test("the messages of wrong options, lists and places", async () => {
  using td = whole();
  const told = (body: () => unknown): readonly [string, string] => failure(body);
  assert.equal(told(() => td.sum(0, null as never)), ["OPTIONS_INVALID", "The options of sum must be a record, not null. Leave them out, or write { name: value }."]); // prettier-ignore
  assert.equal(told(() => td.flattenKeys(1 as never)), ["TEXT_INVALID", 'flattenKeys needs its separator as text, not the number 1. Write it in quotes, such as ".".']); // prettier-ignore
  assert.equal(told(() => td.setAt(0 as never, 1)), ["LIST_EXPECTED", "an index needs a list of its parts, not the number 0. Write [...]."]); // prettier-ignore
  assert.equal(told(() => api.nonTensorStack(["a"], "b" as never)), ["NON_TENSOR_INVALID", 'nonTensorStack needs a list of values and a list of sizes, not ["a"] and "b". Write nonTensorStack(["a", "b"], [2]).']); // prettier-ignore
  assert.equal(told(() => TensorDict.fromHost({} as never)), ["HOST_INVALID", "fromHost was given no host copy, but a record. Give what toHost() made: each leaf with a kind, a shape, and as many data as that has elements."]); // prettier-ignore
  assert.equal(told(() => io.openDirectory(7 as never)), ["LOCATION_INVALID", "A directory cannot be 7. Give a path, a URL, File objects, byte arrays, or an object with the methods that the documentation names."]); // prettier-ignore
  assert.equal(told(() => io.parseJson(7 as never, "a")), ["ARGUMENT_INVALID", "parseJson was given 7 as text. Give text."]); // prettier-ignore
  const file = fileURLToPath(import.meta.url);
  const [code, message] = await asyncFailure(td.save(`${file}/inner.safetensors`));
  assert.is(code, "FILE_UNWRITABLE");
  assert.ok(message.startsWith(`${file}/inner.safetensors: cannot be written (`), message);
  assert.ok(message.endsWith("that you may write to; what was there before is still there."), message);
});

test("the messages of wrong arguments", () => {
  using td = whole();
  assert.equal(failure(() => td.map(1 as never)), [
    "FUNCTION_INVALID",
    "map needs a function, not the number 1. It is called once for every leaf, or with what is to be used.",
  ]); // prettier-ignore
  assert.equal(failure(() => td.map((() => 1) as unknown as (tensor: Tensor) => Tensor)), [
    "LEAF_FUNCTION",
    'The function gave the number 1 for "x", not a tensor. map() and apply() need a tensor for each tensor; mapEntries() takes any value, and leaves out undefined.',
  ]); // prettier-ignore
  assert.equal(failure(() => TensorDict.stack([{}] as never)), [
    "DICT_EXPECTED",
    "stack needs a TensorDict, not a record. Make one of a record with new TensorDict(record).",
  ]); // prettier-ignore
  assert.equal(failure(() => td.where(null as never, 0)), [
    "CONDITION_INVALID",
    "where needs a bool tensor that is not disposed, not null. Give one of the batch size, such as a comparison makes.",
  ]); // prettier-ignore
  using texts = new TensorDict({ t: tensor1d(["a"]) }, { batchSize: [1] });
  assert.equal(failure(() => texts.pad([1, 0])), [
    "PAD_DTYPE",
    'pad cannot take "t", whose dtype is string. exclude() that key first.',
  ]); // prettier-ignore
});

test("options that a TensorDict or a reduction does not have are refused, such as names of dims", () => {
  assert.equal(
    failure(() => new TensorDict({}, { batchSize: [], names: ["time"] } as never)),
    ["ARGUMENT_INVALID", 'a TensorDict was given "names" as an option. Give only batchSize, lock.'],
  );
  using td = new TensorDict({ a: ones([2, 3]) }, { batchSize: [2] });
  assert.equal(
    failure(() => td.sum(0, { keepdim: true } as never)),
    ["ARGUMENT_INVALID", 'sum was given "keepdim" as an option. Give only keepDim.'],
  );
});

test.run();
