import type { Direction } from "@hookdict/core";
import type { Placed, TensorData, ValueData } from "./data.ts";
import { add, type Add } from "./words/add.ts";
import { type AddAtPositions, addAtPositions } from "./words/add-at-positions.ts";
import { type Driven, driven } from "./words/driven.ts";
import { knockout, type Knockout } from "./words/knockout.ts";
import { type PatchAt, patchAt } from "./words/patch-at.ts";
import { replace, type Replace } from "./words/replace.ts";
import { scale, type Scale } from "./words/scale.ts";
import { type Put, set } from "./words/set.ts";
import type { Word } from "./words/word.ts";
import { zero, type Zero } from "./words/zero.ts";

type Kind = Replace | Put | Add | Scale | Zero | Knockout | AddAtPositions | PatchAt;

/** The values of `kind`. */
export const KINDS: Readonly<Record<Kind["kind"], Word>> = {
  replace,
  set,
  add,
  scale,
  zero,
  knockout,
  addAtPositions,
  patchAt,
};

/** The values of `op`. */
export const OPS: Readonly<Record<Driven["op"], Word>> = {
  suppress: driven(zero),
  scale: driven(scale),
  add: driven(add),
  set: driven(set),
};

/** One change of the values that pass the sites at `at`. */
export type Intervention = Kind | Driven;

/** An intervention that has been read. */
export interface ReadIntervention {
  readonly word: Word;
  /** The kind or operation as it was written. */
  readonly name: string;
  readonly data: Placed;
  readonly direction: Direction;
  readonly positions: readonly number[] | undefined;
  /** What is put there or added; a mask. */
  readonly held: TensorData | undefined;
}

/** Reads checked data. */
export function readIntervention(intervention: Intervention): ReadIntervention {
  const fields: Fields = intervention;
  const { direction = "fwd", positions, position, pos, value, mask } = fields;
  const places = positions ?? position ?? pos;
  return {
    ...("op" in intervention
      ? { name: intervention.op, word: OPS[intervention.op] }
      : { name: intervention.kind, word: KINDS[intervention.kind] }),
    data: intervention,
    direction,
    positions: typeof places === "number" ? [places] : places,
    held: mask ?? (value === undefined ? undefined : asTensor(value)),
  };
}

/** The fields that mean the same in every word. */
interface Fields extends Placed {
  readonly positions?: readonly number[];
  readonly position?: number;
  readonly pos?: number | readonly number[];
  readonly value?: ValueData;
  readonly mask?: TensorData;
}

function asTensor(value: ValueData): TensorData {
  if (typeof value === "number") return { shape: [], values: [value] };
  return "shape" in value ? value : { shape: [value.length], values: value };
}
