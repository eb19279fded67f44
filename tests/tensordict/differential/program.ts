import { TensorDictModule, TensorDictSequential } from "@hookdict/core";
import { isHookdictError, TensorDict } from "@hookdict/tensordict";
import { add, cast, maximum, mul, scalar, tensor, type Tensor } from "@tensorflow/tfjs-core";

/** A tensor of a program. */
export interface LeafSpec {
  readonly dtype: "float32" | "int32" | "bool";
  readonly shape: number[];
  readonly values: (number | boolean)[];
}

/** A tree of a program, as `subject` of record.py makes it. */
export interface TreeSpec {
  readonly batch: number[];
  readonly x: LeafSpec;
  readonly y: LeafSpec;
  readonly nested: { readonly batch: number[]; readonly z: LeafSpec };
}

/** Name and arguments. */
export type Step = readonly [name: string, ...args: unknown[]];

/** What a program gives: batch size, and dtype, shape and numbers of each leaf. */
export interface Result {
  readonly batch: number[];
  readonly leaves: Readonly<Record<string, readonly [string, number[], (number | boolean | string)[]]>>;
}

/** What record.py records. */
export interface Program {
  readonly td: TreeSpec;
  readonly steps: readonly Step[];
  readonly result: Result | string;
}

function leaf({ values, shape, dtype }: LeafSpec): Tensor {
  return tensor(values as number[], shape, dtype); // all of one kind
}

function build({ batch, x, y, nested }: TreeSpec): TensorDict {
  const inner = new TensorDict({ z: leaf(nested.z) }, { batchSize: nested.batch });
  return new TensorDict({ x: leaf(x), y: leaf(y), nested: inner }, { batchSize: batch });
}

/** What the program gives here, in the recorded form; `error CODE` where it throws. */
export function run({ td: spec, steps }: Program): Result | string {
  let td = build(spec);
  try {
    for (const step of steps) {
      const next = runStep(td, step);
      if (next !== td) td.dispose();
      td = next;
    }
    return describe(td);
  } catch (error) {
    if (isHookdictError(error)) return `error ${error.code}`;
    throw error;
  } finally {
    td.dispose();
  }
}

// The arguments are those that record.py writes for the step's name.
type Any = never;

function runStep(td: TensorDict, [name, ...args]: Step): TensorDict {
  const [a, b, c] = args;
  const by = td as unknown as Record<string, (...args: unknown[]) => TensorDict>;
  if (name === "at") return td.at(...(a as []));
  if (name === "split" || name === "chunk" || name === "unbind")
    return last(by[name]?.(...args) as unknown as TensorDict[]);
  if (name === "gather") return gathered(td, a as number, b as number[], c as number[]);
  if (name === "combine" || name === "unary" || name === "compare") return called(td, a as string, b);
  if (name === "combineTensor") return withTensor(td, a as string, leaf(b as LeafSpec));
  if (name === "combineTree") return withTree(b as TreeSpec, (other) => called(td, a as string, other));
  if (name === "reduce") return by[a as string]?.(b ?? undefined, { keepDim: c }) as TensorDict;
  if (name === "stack") return withTree(b as TreeSpec, (other) => TensorDict.stack([td, other], a as number));
  if (name === "cat") return withTree(b as TreeSpec, (other) => TensorDict.cat([td, other], a as number));
  if (name === "apply") return withTree(a as TreeSpec, (other) => td.apply((x, _, y) => larger(x, y), other));
  if (name === "setAt") return td.setAt(a as Any, b as number);
  if (name === "module") return module(td, a as string);
  return by[name]?.(...args) as TensorDict;
}

function called(td: TensorDict, name: string, operand: unknown): TensorDict {
  return (td as unknown as Record<string, (operand: unknown) => TensorDict>)[name]?.(operand) as TensorDict;
}

function withTree(spec: TreeSpec, body: (other: TensorDict) => TensorDict): TensorDict {
  return build(spec).run((other) => body(other));
}

function withTensor(td: TensorDict, name: string, operand: Tensor): TensorDict {
  try {
    return called(td, name, operand);
  } finally {
    operand.dispose();
  }
}

function last(parts: TensorDict[]): TensorDict {
  for (const part of parts.slice(0, -1)) part.dispose();
  return parts.at(-1) as TensorDict; // there is at least one
}

function gathered(td: TensorDict, dim: number, shape: number[], values: number[]): TensorDict {
  const index = tensor(values, shape, "int32");
  try {
    return td.gather(dim, index);
  } finally {
    index.dispose();
  }
}

/** The larger of two; of bools through int32, since not every backend compares them. */
function larger(x: Tensor, y: Tensor): Tensor {
  return x.dtype === "bool" ? cast(maximum(asNumbers(x), asNumbers(y)), "bool") : maximum(x, y);
}

/** Bool counts as whole numbers in Python's arithmetic as well. */
function asNumbers(value: Tensor): Tensor {
  return value.dtype === "bool" ? cast(value, "int32") : value;
}

/** A number that leaves whole numbers whole, as PyTorch's numbers do. */
function whole(value: number, like: Tensor): Tensor {
  return scalar(value, like.dtype === "float32" ? "float32" : "int32");
}

function module(td: TensorDict, name: string): TensorDict {
  const double = new TensorDictModule((x: Tensor) => mul(asNumbers(x), whole(2, x)), ["x"], [["out", "h"]]);
  if (name === "double") return double.call(td);
  const more = new TensorDictModule(
    (h: Tensor, y: Tensor) => [add(h, whole(1, h)), y],
    [["out", "h"], "y"],
    ["h", "w"],
  );
  return new TensorDictSequential({ double, more }).call(td);
}

function describe(td: TensorDict): Result {
  const leaves = td.entries({ nested: true, leavesOnly: true }).map(([key, value]) => {
    const { dtype, shape } = value as Tensor; // the trees hold tensors only
    const numbers = [...(value as Tensor).dataSync()].map((item) => (dtype === "bool" ? item === 1 : item));
    return [[key].flat().join("/"), [dtype, shape, numbers]] as const;
  });
  return { batch: [...td.batchSize], leaves: Object.fromEntries(leaves) };
}

/** float32 rounds differently from library to library, and the record is rounded to five places. */
const TOLERANCE = 2e-4;

/** What differs, or `undefined`. */
export function difference(recorded: Result | string, here: Result | string): string | undefined {
  if (typeof recorded === "string" || typeof here === "string") {
    const isAlike = typeof recorded === "string" && typeof here === "string";
    return isAlike ? undefined : `${tell(recorded)} there, ${tell(here)} here`;
  }
  if (recorded.batch.join() !== here.batch.join())
    return `batch ${recorded.batch.join()} there, ${here.batch.join()} here`;
  const names = Object.keys(recorded.leaves).sort().join();
  if (names !== Object.keys(here.leaves).sort().join()) return `keys ${names} there`;
  for (const [name, [dtype, shape, values]] of Object.entries(recorded.leaves)) {
    const [ourDtype, ourShape, ours] = here.leaves[name] ?? ["", [], []];
    if (dtype !== ourDtype) return `${name} is ${dtype} there, ${ourDtype} here`;
    if (shape.join() !== ourShape.join())
      return `${name} is [${shape.join()}] there, [${ourShape.join()}] here`;
    const bad = values.findIndex((value, i) => !isClose(value, ours[i]));
    if (bad >= 0) return `${name}[${bad}] is ${String(values[bad])} there, ${String(ours[bad])} here`;
  }
  return undefined;
}

function tell(result: Result | string): string {
  return typeof result === "string" ? result : "a tree";
}

function isClose(recorded: number | boolean | string, here: number | boolean | string | undefined): boolean {
  if (recorded === "nan") return Number.isNaN(here);
  if (recorded === "inf" || recorded === "-inf") return here === (recorded === "inf" ? Infinity : -Infinity);
  if (typeof recorded !== "number" || typeof here !== "number") return recorded === here;
  return Math.abs(recorded - here) <= TOLERANCE * Math.max(1, Math.abs(recorded));
}
