import type { Tensor } from "@tensorflow/tfjs-core";
import type { TraceCache } from "./cache.ts";
import type { CacheEntry } from "./entry.ts";
import { cacheChild, cacheIndex, cacheNotList } from "./errors.ts";

/** What can be read at a place of the model. **Ownership:** *borrowed*: the cache's. */
export interface CacheNodeFields {
  readonly path: string;
  /** The output in the only visit. */
  readonly output: Tensor;
  /** The first input in the only visit. */
  readonly input: Tensor;
  /** All inputs in the only visit. */
  readonly inputs: readonly Tensor[];
  readonly visits: readonly CacheEntry[];
  /** What is below, by a path of several segments, or by number. */
  at(path: string | number): CacheNode;
}

/** Anything that a walk of a model finds. */
interface ModuleLike {
  readonly siteKind: string;
}

type ItemOf<T> = T extends readonly (infer I)[] ? I : never;

/** Names of a module's fields that are modules, or hold some. */
type ChildNames<M> = {
  [K in keyof M]-?: NonNullable<M[K]> extends ModuleLike | readonly ModuleLike[]
    ? K extends string
      ? K
      : never
    : never;
}[keyof M];

type ChildOf<T> = T extends readonly ModuleLike[] ? CacheListNode<ItemOf<T>> : CacheNode<T>;

/** A list of modules. */
export interface CacheListNode<I> extends CacheNodeFields {
  readonly [index: number]: CacheNode<I>;
  readonly length: number;
}

/** A place of the model: what it has below, by name where the model's type is known. */
export type CacheNode<M = unknown> = CacheNodeFields &
  (M extends ModuleLike
    ? { readonly [K in ChildNames<M>]: ChildOf<NonNullable<M[K]>> }
    : { readonly [name: string]: CacheNode & Tensor & readonly Tensor[] });

/**
 * @param known Paths of the model's sites.
 * @param original The model's path for another name.
 */
export function nodeAt(
  cache: TraceCache,
  path: string,
  known: readonly string[],
  original: (name: string) => string,
): CacheNode {
  const exists = (name: string): boolean =>
    known.some((other) => other === name || other.startsWith(`${name}.`));
  const children = [
    ...new Set(
      known.flatMap((other) =>
        path === "" || other.startsWith(`${path}.`)
          ? (other.slice(path === "" ? 0 : path.length + 1).split(".")[0] ?? [])
          : [],
      ),
    ),
  ];
  const isList = children.length > 0 && children.every((child) => /^\d+$/.test(child));
  const below = (name: string): CacheNode => {
    const whole = path === "" ? name : `${path}.${name}`;
    const found = exists(whole) ? whole : original(whole);
    if (exists(found)) return nodeAt(cache, found, known, original);
    if (!/^\d+$/.test(name)) throw cacheChild(path, name, children);
    throw isList ? cacheIndex(path, Number(name), children.length) : cacheNotList(path, Number(name));
  };
  const fields: Readonly<Record<string, () => unknown>> = {
    path: () => path,
    output: () => cache.output(path),
    input: () => cache.input(path),
    inputs: () => cache.entry(path).inputs ?? [cache.input(path)],
    visits: () => cache.visits(path),
    at: () => (name: string | number) => below(String(name)),
    length: () => (isList ? children.length : below("length")),
  };
  return new Proxy(Object.freeze({}), {
    get(_, name) {
      if (typeof name === "symbol") return undefined;
      if (name === "then" || name === "toJSON") return undefined; // asked of any object, by promises and printing
      const isField = Object.hasOwn(fields, name) && !(name !== "at" && children.includes(name));
      return isField ? fields[name]?.() : below(name);
    },
    has: (_, name) => typeof name === "string" && (Object.hasOwn(fields, name) || children.includes(name)),
    ownKeys: () => [],
  }) as unknown as CacheNode; // the proxy has what the type says
}
