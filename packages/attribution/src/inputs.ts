import { isTensor, isTensorDict, TensorDict } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type Carried, carriedBy, type Disposables } from "./carried.ts";
import { batchSizeInvalid, inputsInvalid } from "./errors.ts";

/** The model's arguments, taken apart into named tensors with one batch axis. */
export interface Arguments {
  /** `"input"` for one tensor, `"input.0"`, `"input.1"`, ... for several, their own names for a record or a TensorDict. */
  readonly names: readonly string[];
  readonly tensors: readonly Tensor[];
  /** Rows: the product of the batch's sizes. */
  readonly batch: number;
  /** Sizes of the batch as the caller gave it. */
  readonly batchSize: readonly number[];
  /** How many copies of the caller's batch these are, one after the other. Default 1. */
  readonly copies?: number;
  /**
   * Arguments of the model from tensors in the order of the names, of which each row is of an example of the batch. **Ownership:** returns
   * owned what it made for them.
   */
  pack(tensors: readonly Tensor[], examples: readonly number[]): Packed;
}

/** Arguments of one run. */
export interface Packed extends Disposable {
  readonly args: readonly unknown[];
}

/** Arguments that may own tensors which were made for them. */
export interface OwnedArguments extends Arguments, Disposable {}

interface Named {
  readonly names: readonly string[];
  readonly values: readonly unknown[];
  readonly batchSize: readonly number[] | undefined;
  /** What goes along behind the inputs. */
  readonly further?: Readonly<Record<string, unknown>>;
  readonly pack: (tensors: readonly Tensor[]) => readonly unknown[];
}

/**
 * Takes the model's arguments apart: tensors, or one record or TensorDict of tensors. A record behind tensors goes along with them: of what
 * in it has a row for each example, each run gets the rows of its own. A batch of several axes, or of none,
 * is made one of one axis. **Ownership:** borrows; returns owned.
 *
 * @throws ShapeError `ATTRIBUTION_INPUTS`, `ATTRIBUTION_BATCH`
 */
export function argumentsOf(args: readonly unknown[], wanted: readonly number[] | undefined): OwnedArguments {
  if (!Array.isArray(args)) throw inputsInvalid("input", args);
  const { names, values, batchSize: own, further, pack } = namedOf(args);
  const tensors = values.map((value, i) => {
    if (!isTensor(value) || value.isDisposed) throw inputsInvalid(names[i] ?? "input", value);
    return value;
  });
  const first = tensors[0]?.shape.slice(0, 1);
  const batchSize = checkedBatch(wanted ?? own ?? (first?.length === 1 ? first : undefined), tensors, names);
  const batch = batchSize.reduce((a, b) => a * b, 1);
  const isFlat = batchSize.length === 1;
  const flat = tensors.map((tensor) =>
    isFlat
      ? tensor
      : tidy(() => keptClone(reshape(tensor, [batch, ...tensor.shape.slice(batchSize.length)]))),
  );
  const carried = further === undefined ? undefined : carriedBy(further, batchSize);
  return {
    names,
    tensors: flat,
    batch,
    batchSize,
    pack: (given, examples) => packed(pack(given), carried, examples),
    [Symbol.dispose]: () => {
      if (!isFlat) for (const tensor of flat) tensor.dispose();
    },
  };
}

function packed(args: readonly unknown[], carried: Carried | undefined, examples: readonly number[]): Packed {
  const made: Disposables = args.filter(isTensorDict); // they were made for this run
  const free = (): void => {
    for (const each of made) each.dispose();
  };
  try {
    return {
      args: carried === undefined ? args : [...args, carried.of(examples, made)],
      [Symbol.dispose]: free,
    };
  } catch (error) {
    free();
    throw error;
  }
}

function checkedBatch(
  size: readonly number[] | undefined,
  tensors: readonly Tensor[],
  names: readonly string[],
): readonly number[] {
  const shapes = tensors.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ");
  if (size === undefined || tensors.length === 0) throw inputsInvalid(names[0] ?? "input", tensors[0]);
  if (!Array.isArray(size) || !size.every((each) => Number.isInteger(each) && each > 0))
    throw batchSizeInvalid(size, shapes);
  const fits = ({ shape }: Tensor): boolean => size.every((each, axis) => shape[axis] === each);
  if (tensors.every(fits)) {
    if (size.length === 1 && tensors.some(({ rank }) => rank === 0))
      throw inputsInvalid(names.join(", "), shapes);
    return size;
  }
  if (size.length === 1 && size[0] === tensors[0]?.shape[0]) throw inputsInvalid(names.join(", "), shapes);
  throw batchSizeInvalid(size, shapes);
}

function namedOf(args: readonly unknown[]): Named {
  const [first] = args;
  if (args.length === 1 && isTensorDict(first)) return namedDict(first);
  if (args.length === 1 && isRecord(first)) {
    const names = Object.keys(first);
    return {
      names,
      values: names.map((name) => first[name]),
      batchSize: undefined,
      pack: (given) => [Object.fromEntries(names.map((name, i) => [name, given[i]] as const))],
    };
  }
  const last = args.at(-1);
  const further = args.length > 1 && isRecord(last) ? last : undefined;
  const values = further === undefined ? args : args.slice(0, -1);
  const names = values.length === 1 ? ["input"] : values.map((_, i) => `input.${i}`);
  return {
    names,
    values,
    batchSize: undefined,
    ...(further !== undefined && { further }),
    pack: (given) => given,
  };
}

/** Leaves by their keys; nested keys are joined by dots in names. */
function namedDict(dict: TensorDict): Named {
  const keys = [...dict.keys({ nested: true, leavesOnly: true })].map((key): string[] => [key].flat());
  return {
    names: keys.map((key) => key.join(".")),
    values: keys.map((key) => dict.get(key)),
    batchSize: dict.batchSize,
    pack: (given) => {
      const made = new TensorDict({}, { batchSize: [given[0]?.shape[0] ?? 0] });
      for (const [i, key] of keys.entries()) made.set(key, keptClone(given[i] as Tensor)); // one for each
      return [made];
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
