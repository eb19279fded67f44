import type { Tensor } from "@tensorflow/tfjs-core";
import { isTensorDict, type TensorDict } from "@hookdict/tensordict";
import { check } from "../checks/checked.ts";
import { TENSOR } from "../checks/tensor.ts";
import type { Description, Source } from "../description/types.ts";
import { captureMissing, dataInvalid } from "../errors.ts";

/** What every view takes besides its numbers. */
export interface Titles {
  readonly title?: string;
  readonly caption?: string;
  readonly source?: Partial<Source>;
}

/** A view: plain data to a description, without tensors, time or chance. */
export type View<D> = (data: D) => Description;

/** A TensorDict of captures, or what has one. */
export type Captures = TensorDict | { readonly cache: TensorDict };

/** What is given on of a view's titles. */
export function titlesOf(data: Titles, title: string): { readonly title: string } & Omit<Titles, "title"> {
  const { caption, source } = data;
  return {
    title: data.title ?? title,
    ...(caption !== undefined && { caption }),
    ...(source !== undefined && { source }),
  };
}

/** A capture's numbers and shape. */
export interface Numbered {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/**
 * The numbers of a captured site. **Ownership:** borrows.
 *
 * @throws ViewError `CAPTURE_MISSING`
 */
export async function readCapture(view: string, captures: Captures, path: string): Promise<Numbered> {
  const cache = cacheOf(view, captures);
  const tensor = cache.get<Tensor, null>(["fwd", path], null); // looked at next
  if (tensor === null) throw captureMissing(view, path, pathsIn(cache));
  check(view, tensor, TENSOR, path);
  return { values: Float32Array.from(await tensor.data()), shape: tensor.shape };
}

/** The paths that a cache holds of forward passes. */
export function pathsIn(cache: TensorDict): readonly string[] {
  return cache
    .keys({ nested: true })
    .filter((key): key is string[] => Array.isArray(key) && key.length === 2 && key[0] === "fwd")
    .map(([, path]) => path ?? "");
}

/** @throws ViewError `VIEW_DATA` where it is neither a TensorDict nor has one. */
export function cacheOf(view: string, captures: Captures): TensorDict {
  const cache =
    "cache" in Object(captures)
      ? (captures as { readonly cache: TensorDict }).cache
      : (captures as TensorDict);
  if (!isTensorDict(cache))
    throw dataInvalid(
      view,
      "no captures",
      "Give the cache of ActivationCaching, or the hooked module that has it.",
    );
  return cache;
}

/** @throws ViewError `VIEW_DATA` where the sizes of something are not what they must be. */
export function checkSizes(
  view: string,
  what: string,
  got: readonly number[],
  wanted: readonly number[],
): void {
  if (got.length === wanted.length && got.every((size, i) => size === wanted[i])) return;
  throw dataInvalid(view, `${what} of the shape [${got.join(", ")}]`, `Needed is [${wanted.join(", ")}].`);
}

/**
 * The numbers of one example of a batch.
 *
 * @throws ViewError `VIEW_DATA` where there is no such example.
 */
export function exampleOf(view: string, { values, shape }: Numbered, batch: number): Numbered {
  const [count = 1, ...rest] = shape;
  if (!(Number.isInteger(batch) && batch >= 0 && batch < count))
    throw dataInvalid(
      view,
      `batch ${batch} of captures of ${count}`,
      `Give a whole number from 0 to ${count - 1}.`,
    );
  const size = rest.reduce((product, each) => product * each, 1);
  return { values: values.slice(batch * size, (batch + 1) * size), shape: rest };
}
