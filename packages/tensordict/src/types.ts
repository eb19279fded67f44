import type { Tensor } from "@tensorflow/tfjs-core";
import type { LeafData } from "./host/data.ts";
import type { Key } from "./tree/keys.ts";
import type { AnyTensorDict } from "./tree/node.ts";
import type { TensorDict } from "./tensordict.ts";

/** Content that is not known to the compiler: any key, any value. What `TensorDict` without a parameter has. */
export type OpenSchema = Readonly<Record<string, unknown>>;

/** Whether a schema lists its keys (`false`) or leaves them open (`true`). */
type IsOpen<S> = string extends keyof S ? true : false;

/** The schema of a nested TensorDict; `never` for a leaf. */
type Child<V> = NonNullable<V> extends TensorDict<infer C> ? C : never;

/** Every path of a schema, as tuples. */
export type Path<S> =
  IsOpen<S> extends true
    ? readonly string[]
    : {
        [K in keyof S & string]-?:
          readonly [K] | ([Child<S[K]>] extends [never] ? never : readonly [K, ...Path<Child<S[K]>>]);
      }[keyof S & string];

/** Keys that the compiler checks: those of a closed schema, none of an open one. */
export type TypedKey<S> = IsOpen<S> extends true ? never : (keyof S & string) | Path<S>;

/** Keys that the compiler cannot check: any of an open schema, none of a closed one. */
export type OpenKey<S> = IsOpen<S> extends true ? Key : never;

/** What lies at a key, as stored. */
type At<S, P> = P extends keyof S
  ? S[P]
  : P extends readonly [infer K, ...infer Rest]
    ? K extends keyof S
      ? Rest extends readonly []
        ? S[K]
        : At<Child<S[K]>, Rest>
      : IsOpen<S> extends true
        ? unknown
        : never
    : unknown;

/** What `get` gives for a key: an optional leaf that is missing throws, so `undefined` is left out. */
export type ValueAt<S, P> = Exclude<At<S, P>, undefined>;

/** What `set` takes for a key: for a nested TensorDict also a record. */
export type SettableAt<S, P> = Initial<ValueAt<S, P>>;

type Initial<V> = V extends TensorDict<infer C> ? V | Content<C> : V;

/** A record from which a TensorDict of a schema can be made. */
export type Content<S> =
  IsOpen<S> extends true ? Readonly<Record<string, unknown>> : { readonly [K in keyof S]: Initial<S[K]> };

/** A record that changes some of a schema's values. */
export type Changes<S> =
  IsOpen<S> extends true
    ? Readonly<Record<string, unknown>>
    : {
        readonly [K in keyof S]?: Child<S[K]> extends never
          ? Exclude<S[K], undefined>
          : Changes<Child<S[K]>> | AnyTensorDict;
      };

/** Keys of a closed schema that may be missing, and so may be deleted. */
export type OptionalKey<S> = IsOpen<S> extends true ? never : OptionalName<S> | OptionalPath<S>;

type OptionalName<S> = { [K in keyof S & string]-?: object extends Pick<S, K> ? K : never }[keyof S & string];

type OptionalPath<S> =
  IsOpen<S> extends true
    ? never
    : {
        [K in keyof S & string]-?:
          | (object extends Pick<S, K> ? readonly [K] : never)
          | ([Child<S[K]>] extends [never] ? never : readonly [K, ...OptionalPath<Child<S[K]>>]);
      }[keyof S & string];

/** The schema of a record. */
export type SchemaFrom<R> = {
  -readonly [K in keyof R]: R[K] extends Tensor | AnyTensorDict
    ? R[K]
    : R[K] extends Readonly<Record<string, unknown>>
      ? TensorDict<SchemaFrom<R[K]>>
      : R[K];
};

/** First name of a key. */
type Head<P> = P extends string ? P : P extends readonly [infer K, ...unknown[]] ? K : never;

/** What follows the first name; `never` when nothing does. */
type Tail<P, K> = P extends readonly [K, ...infer Rest] ? (Rest extends readonly [] ? never : Rest) : never;

/** The part of a schema that some keys name. */
export type Selected<S, P> =
  IsOpen<S> extends true
    ? OpenSchema
    : {
        [K in keyof S as K extends Head<P> ? K : never]: [Tail<P, K>] extends [never]
          ? S[K]
          : K extends P
            ? S[K]
            : readonly [K] extends P
              ? S[K]
              : TensorDict<Selected<Child<S[K]>, Tail<P, K>>>;
      };

/** A schema whose tensors may have any rank: what is left of it after a shape operation. */
export type AnyRank<S> = IsOpen<S> extends true ? OpenSchema : { [K in keyof S]: WithAnyRank<S[K]> };

/** One value, which may be missing. */
type WithAnyRank<V> = V extends TensorDict<infer C> ? TensorDict<AnyRank<C>> : V extends Tensor ? Tensor : V;

/** What `data()` gives for a schema: records nested like the tree. */
export type DataOf<S> =
  IsOpen<S> extends true ? Record<string, unknown> : { [K in keyof S]: ValueData<S[K]> };

type ValueData<V> = V extends TensorDict<infer C> ? DataOf<C> : V extends Tensor ? LeafData : V;

/** The schema of a TensorDict type. */
export type SchemaOf<T> = T extends TensorDict<infer S> ? S : never;
