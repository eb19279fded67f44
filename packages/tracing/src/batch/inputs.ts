import { isKwargs, kwargs } from "@hookdict/core";
import { describeValue, isTensor, mapTensors, shown, tensorsOf } from "@hookdict/tensordict";
import { collectTensors } from "@hookdict/tensordict/tensors";
import { concat, type Tensor } from "@tensorflow/tfjs-core";
import { inputsUnlike, inputsWithoutRows } from "./errors.ts";

/** The inputs of all invokes as one call of the model. */
export interface JoinedBatch<A extends readonly unknown[] = readonly unknown[]> {
  /** What the model is called with. **Ownership:** tensors made here are freed by the trace. */
  readonly args: A;
  /** How many rows each input has, in order. */
  readonly sizes: readonly number[];
  /** The column of the first token of each row, and how many tokens it has, where rows were padded. */
  readonly rows?: readonly { readonly start: number; readonly length: number }[];
}

/** Makes one call of the model out of the inputs of all invokes. **Ownership:** borrows the inputs. */
export type BatchFunction<A extends readonly unknown[], I> = (inputs: readonly I[]) => JoinedBatch<A>;

/** What an invoke may be given: the model's arguments as a list, or its only argument. */
export type InputOf<A extends readonly unknown[]> =
  A | (A extends readonly [infer X, ...unknown[]] ? X : never);

/** An invoke's name and its input, as lists of arguments. */
interface Named {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** An invoke that waits for its run. */
interface Waiting {
  readonly invoke: { readonly name: string };
  readonly input: { readonly value: unknown } | undefined;
}

/**
 * One call of the model out of the inputs of all invokes; `undefined` if none has any.
 *
 * **Ownership:** borrows the inputs; what is made is added to `made`.
 */
export function joinInputs<A extends readonly unknown[], I>(
  waiting: readonly Waiting[],
  batch: BatchFunction<A, I> | undefined,
  made: Tensor[],
): JoinedBatch | undefined {
  const given: { readonly invoke: { readonly name: string }; readonly value: unknown }[] = [];
  for (const { invoke, input } of waiting)
    if (input !== undefined) given.push({ invoke, value: input.value });
  const [only] = given;
  if (only === undefined) return undefined;
  if (given.length === 1 && batch === undefined) {
    const args = argsOf(only.value);
    return { args, sizes: [rowsOf(args) ?? 1] };
  }
  return collectTensors(() => {
    if (batch !== undefined) return batch(given.map(({ value }) => value as I)); // `invoke` takes no other
    return concatArgs(given.map(({ invoke, value }) => ({ name: invoke.name, args: argsOf(value) })));
  }, made);
}

function argsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** Joins arguments along the first axis of their tensors. @throws ShapeError `TRACE_INPUTS_UNLIKE`, `TRACE_INPUTS_ROWS` */
function concatArgs(inputs: readonly Named[]): JoinedBatch {
  const [first, ...others] = inputs;
  if (first === undefined) return { args: [], sizes: [] };
  const sizes = inputs.map((input) => {
    const rows = rowsOf(input.args);
    if (rows === undefined) throw inputsWithoutRows(input.name, describeValue(input.args));
    return rows;
  });
  for (const other of others) checkAlike(first, other);
  const leaves = inputs.map(({ args }) => tensorsOf(args));
  let next = 0;
  const join = (tensor: Tensor): Tensor => {
    const at = next++;
    if (tensor.rank === 0) return tensor;
    return concat(
      leaves.map((list) => list[at] ?? tensor),
      0,
    );
  };
  const args = first.args.map((arg) => {
    const joined = mapTensors(arg, join);
    return isKwargs(arg) ? kwargs(joined as object) : joined; // the mark is not among its fields
  });
  return { args, sizes };
}

function rowsOf(args: readonly unknown[]): number | undefined {
  return tensorsOf(args).find(({ rank }) => rank > 0)?.shape[0];
}

function checkAlike(first: Named, other: Named): void {
  const [mine, theirs] = [first, other].map(({ args }) => told(args));
  if (mine !== theirs) throw inputsUnlike(first.name, other.name, `${mine} is not ${theirs}`);
}

/** What an argument is like but for its number of rows. */
function told(value: unknown): string {
  if (isTensor(value)) {
    const axes = value.rank === 0 ? [] : ["rows", ...value.shape.slice(1)];
    return `${value.dtype} [${axes.join(", ")}]`;
  }
  if (Array.isArray(value)) return `tuple (${value.map(told).join(", ")})`;
  if (typeof value !== "object" || value === null || tensorsOf(value).length === 0) return shown(value);
  return `record { ${Object.entries(value)
    .map(([key, item]) => `${key}: ${told(item)}`)
    .join(", ")} }`;
}
