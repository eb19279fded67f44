import { TensorDict } from "@hookdict/tensordict";
import { complex, scalar, tensor1d, zeros } from "@tensorflow/tfjs-core";

/** What code of the caller's throws, such as a getter: it is his own. */
export class Theirs extends Error {}

const fail = (): never => {
  throw new Theirs();
};

const FAILING: ProxyHandler<object> = { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail };

/** An object of a class that can be made neither text nor number. */
class Untold {
  toString = fail;
  [Symbol.toPrimitive] = fail;
}

/** What callers without a compiler may give, by name; each call makes it anew. */
export const JUNK: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a text": () => "text",
  "an empty text": () => "",
  "the name of what objects have": () => "constructor",
  "the name of a prototype": () => "__proto__",
  "a fraction": () => 1.5,
  NaN: () => Number.NaN,
  infinity: () => Infinity,
  "a negative number": () => -7,
  "a bigint": () => 7n,
  "the largest whole number": () => Number.MAX_SAFE_INTEGER,
  "2 ** 31": () => 2 ** 31,
  "a thousand million": () => 1e9,
  true: () => true,
  "a symbol": () => Symbol("s"),
  "a function": () => () => undefined,
  "a function that gives null": () => () => null,
  "an empty list": () => [],
  "a list of null": () => [null],
  "a mixed list": () => [1, "a", null],
  "a list of NaN": () => [Number.NaN, Infinity],
  "a list that holds itself": () => {
    const list: unknown[] = [];
    list.push(list, list, list);
    return list;
  },
  "an empty record": () => ({}),
  "a record that holds itself": () => {
    const record: Record<string, unknown> = {};
    record["name"] = record;
    return record;
  },
  "a frozen record": () => Object.freeze({ name: Object.freeze([]) }),
  "an object whose text throws": () => new Untold(),
  "a proxy that throws": () => new Proxy({}, FAILING),
  "a proxy of a list": () => new Proxy([1], {}),
  "a record whose fields throw": () =>
    Object.defineProperties(
      {},
      { name: { get: fail, enumerable: true }, sites: { get: fail, enumerable: true } },
    ),
  "a record with names of prototypes": () =>
    JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}') as unknown,
  "a strange record": () => ({ strange: 1 }),
  "a record of null": () => ({ sites: null, model: null, run: null, name: null }),
  "a record without a prototype": () => Object.create(null) as unknown,
  "a Map": () => new Map(),
  "an invalid date": () => new Date(Number.NaN),
  "a promise": () => Promise.resolve(1),
  "a typed array": () => new Float32Array(2),
  "shared memory": () => new Float32Array(new SharedArrayBuffer(8)),
  memory: () => new ArrayBuffer(8),
  "an error": () => new Error("theirs"),
  "a number's tensor": () => scalar(1),
  "an int32 tensor": () => tensor1d([1, 2], "int32"),
  "a tensor of NaN": () => tensor1d([Number.NaN, Infinity]),
  "a tensor of rank 5": () => zeros([1, 1, 2, 1, 1]),
  "a tensor of texts": () => tensor1d(["a"]),
  "a complex tensor": () => complex([1], [2]),
  "an empty tensor": () => zeros([0, 2]),
  "a disposed tensor": () => {
    const gone = scalar(1);
    gone.dispose();
    return gone;
  },
  "a TensorDict": () => new TensorDict({ x: scalar(1) }),
  "a disposed TensorDict": () => {
    const gone = new TensorDict({ x: scalar(1) });
    gone.dispose();
    return gone;
  },
};
