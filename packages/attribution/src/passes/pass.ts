import type { Tensor } from "@tensorflow/tfjs-core";
import type { Score } from "../target.ts";
import type { Collector } from "./collect.ts";
import type { RoundStore } from "./round.ts";
import type { Rows } from "./rows.ts";

/** Tensors by the place they belong to: an input's name, or a site's key (`path`, `path#1`, ...). */
export type ByPlace = Readonly<Record<string, Tensor>>;

/**
 * Gradients wanted as something smaller that is made as they come, so that they need not all exist at once. One object for
 * what is the same: passes are compared by it.
 */
export interface Fold {
  /** The shape of what is made of gradients whose rows have a shape. */
  readonly shape: (inner: readonly number[]) => readonly number[];
  /** What makes it. */
  readonly collect: () => Collector;
}

/** A pass to come. */
export interface LaterPass {
  readonly rows: number;
  /** Whether it wants gradients of the target: several targets take rows of their own. Default `false`. */
  readonly isPerTarget?: boolean;
}

/**
 * One run of the model that a method asks for, forward, and backward where it wants gradients. Passes that are equal are
 * run once, whoever asks. Everything in it has `rows` as its first size, so that it can be cut into pieces.
 */
export interface Pass {
  /** The model's inputs, in their order. */
  readonly inputs: readonly Rows[];
  readonly rows: number;
  /** What is explained; needed for gradients. */
  readonly score?: Score | undefined;
  /** Places whose values are wanted. */
  readonly values?: readonly string[];
  /** Places, inputs among them, with respect to which gradients of the score are wanted. */
  readonly gradients?: readonly string[];
  /** What is wanted of the gradients; {@link PassResult.isFolded} says whether they are that. */
  readonly fold?: Fold | undefined;
  /** What sites give in place of what they compute. */
  readonly replace?: Readonly<Record<string, Rows>>;
  /** How many rows next to each other belong together, and are never cut apart. Default 1. */
  readonly unit?: number;
  /** The method changes the backward pass, which is shared with nobody else. */
  readonly isOwn?: boolean;
  /** What keeps the results, until it is freed; default the whole job. */
  readonly within?: RoundStore | undefined;
  /** The passes that the method will ask for after this one, as far as it knows; for progress. */
  readonly later?: readonly LaterPass[];
}

/** What a pass gave. **Ownership:** belongs to the job. */
export interface PassResult {
  /** `[rows]`, when there is a score. */
  readonly scores: Tensor | undefined;
  readonly values: ByPlace;
  readonly gradients: ByPlace;
  /** Whether gradients are what {@link Pass.fold} makes of them. */
  readonly isFolded: boolean;
}

/** Whether a pass wants gradients. */
export function isBackward({ gradients }: Pass): boolean {
  return (gradients?.length ?? 0) > 0;
}

/** Whether two passes of the same owner, or of anybody, run the same inputs through the same model. */
export function isSameRun(a: Pass, b: Pass): boolean {
  return (
    a.rows === b.rows &&
    (a.isOwn ?? false) === (b.isOwn ?? false) &&
    a.inputs.length === b.inputs.length &&
    a.inputs.every((rows, i) => rows === b.inputs[i]) &&
    isSameReplace(a.replace, b.replace)
  );
}

function isSameReplace(a: NonNullable<Pass["replace"]> = {}, b: NonNullable<Pass["replace"]> = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
