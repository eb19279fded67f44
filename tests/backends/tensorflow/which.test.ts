import {
  add,
  backend,
  matMul,
  ones,
  relu,
  softmax,
  type Tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { loadBackend } from "@hookdict/backends";
import { assert, suite } from "../../gate/suite.ts";

// Which operation runs: one that another stands in front of would give the same numbers, later.
const test = suite("operations that the native backend runs");

/** The addon, through which every operation goes. */
interface Addon {
  executeOp(name: string, ...rest: unknown[]): unknown;
}

/** Names of the operations that ran in `fn`. */
function ran(fn: () => Tensor): string[] {
  const native = backend() as unknown as { binding: Addon };
  const { binding } = native;
  const names: string[] = [];
  const executeOp: Addon["executeOp"] = (name, ...rest) => {
    names.push(name);
    return binding.executeOp(name, ...rest);
  };
  native.binding = Object.create(binding, { executeOp: { value: executeOp } }) as Addon; // its functions cannot be replaced
  try {
    tidy(() => void fn());
  } finally {
    native.binding = binding;
  }
  return names;
}

const CASES: readonly [
  what: string,
  inputs: readonly (readonly number[])[],
  fn: (...x: Tensor[]) => Tensor,
  names: string[],
][] = [
  [
    "a row by a matrix",
    [
      [1, 6],
      [6, 5],
    ],
    (x, y) => matMul(x, y),
    ["HookdictFewProduct"],
  ],
  [
    "many rows by a matrix",
    [
      [9, 6],
      [6, 5],
    ],
    (x, y) => matMul(x, y),
    ["MatMul"],
  ],
  [
    "a row by a matrix transposed",
    [
      [1, 6],
      [5, 6],
    ],
    (x, y) => matMul(x, y, false, true),
    ["HookdictFewTransposed"],
  ],
  [
    "many rows by a matrix transposed",
    [
      [9, 6],
      [5, 6],
    ],
    (x, y) => matMul(x, y, false, true),
    ["BatchMatMulV2"],
  ],
  [
    "a batch of products",
    [
      [2, 1, 6],
      [2, 6, 5],
    ],
    (x, y) => matMul(x, y),
    ["BatchMatMulV2"],
  ],
  [
    "a sum",
    [
      [2, 3],
      [2, 3],
    ],
    (x, y) => add(x, y),
    ["HookdictAdd"],
  ],
  ["a softmax", [[2, 3]], (x) => softmax(x), ["HookdictSoftmax"]],
  ["middle axes exchanged", [[2, 3, 4, 5]], (x) => transpose(x, [0, 2, 1, 3]), ["HookdictSwapAxes"]],
  ["what nothing is put in place of", [[2, 3]], (x) => relu(x), ["Relu"]],
];

for (const [what, shapes, fn, names] of CASES)
  test(`${what}: ${names.join(", ")}`, async () => {
    const inputs = shapes.map((shape) => ones([...shape]));
    assert.equal(
      ran(() => fn(...inputs)),
      names,
    );
    await loadBackend({ backend: "tfjs-node" });
    assert.equal(
      ran(() => fn(...inputs)),
      names,
      "loaded again",
    );
    for (const each of inputs) each.dispose();
  });

test.run();
