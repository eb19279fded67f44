import type { Tensor } from "@tensorflow/tfjs-core";
import type { Score } from "../target.ts";

/** Tensors by the place they belong to: an input's name, or a site's key (`path`, `path#1`, ...). */
export type ByPlace = Readonly<Record<string, Tensor>>;

/**
 * One run of the model that a method asks for, forward, and backward where it wants gradients. Passes that are equal are
 * run once, whoever asks. Everything in it has `rows` as its first size, so that it can be cut into pieces.
 */
export interface Pass {
  /** The model's inputs, in their order. */
  readonly inputs: readonly Tensor[];
  readonly rows: number;
  /** What is explained; needed for gradients. */
  readonly score?: Score | undefined;
  /** Places whose values are wanted. */
  readonly values?: readonly string[];
  /** Places, inputs among them, with respect to which gradients of the score are wanted. */
  readonly gradients?: readonly string[];
  /** What sites give in place of what they compute. */
  readonly replace?: ByPlace;
  /** How many rows next to each other belong together, and are never cut apart. Default 1. */
  readonly unit?: number;
  /** The method changes the backward pass, which is then its own. */
  readonly isOwn?: boolean;
}

/** What a pass gave. **Ownership:** belongs to the job. */
export interface PassResult {
  /** `[rows]`, when there is a score. */
  readonly scores: Tensor | undefined;
  readonly values: ByPlace;
  readonly gradients: ByPlace;
}

/** Whether two passes run the same, so that one run serves both. */
export function isSamePass(a: Pass, b: Pass): boolean {
  if (a.isOwn === true || b.isOwn === true) return false;
  if (a.rows !== b.rows || a.inputs.length !== b.inputs.length) return false;
  if (a.score !== undefined && b.score !== undefined && a.score.key !== b.score.key) return false;
  return a.inputs.every((tensor, i) => tensor === b.inputs[i]) && isSameReplace(a.replace, b.replace);
}

function isSameReplace(a: ByPlace = {}, b: ByPlace = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** One pass that gives what each of two equal ones wants. */
export function joinPasses(a: Pass, b: Pass): Pass {
  const union = (x: readonly string[] = [], y: readonly string[] = []): string[] => [
    ...new Set([...x, ...y]),
  ];
  return {
    ...a,
    score: a.score ?? b.score,
    values: union(a.values, b.values),
    gradients: union(a.gradients, b.gradients),
  };
}

/** Whether what one pass gives is all that another, equal one, wants. */
export function covers(done: Pass, wanted: Pass): boolean {
  const has = (x: readonly string[] = [], y: readonly string[] = []): boolean =>
    y.every((name) => x.includes(name));
  return (
    isSamePass(done, wanted) &&
    (wanted.score === undefined || done.score !== undefined) &&
    has(done.values, wanted.values) &&
    has(done.gradients, wanted.gradients)
  );
}
