import type { Direction } from "@hookdict/core";
import type { Intervention, TensorData, ValueData } from "./hook-spec.ts";

/** An intervention in our own words, whichever it was written in. */
export interface PlainIntervention {
  readonly kind: "replace" | "set" | "add" | "scale" | "zero" | "knockout";
  /** The kind or operation as it was written. */
  readonly word: string;
  readonly at: string;
  readonly direction: Direction;
  readonly positions: readonly number[] | undefined;
  /** What is put there or added; a mask. */
  readonly value: TensorData | undefined;
  readonly factor: number;
}

/** A word of an intervention: what it is called here, and the fields that it must have and may have besides its place. */
interface Word {
  readonly kind: PlainIntervention["kind"];
  readonly needs: readonly string[];
  readonly may: readonly string[];
}

/** The values of `kind`. */
export const KINDS: Readonly<Record<string, Word>> = {
  replace: { kind: "replace", needs: ["value"], may: [] },
  set: { kind: "set", needs: ["value"], may: ["positions"] },
  add: { kind: "add", needs: ["value"], may: ["positions"] },
  scale: { kind: "scale", needs: ["factor"], may: ["positions"] },
  zero: { kind: "zero", needs: [], may: ["positions"] },
  knockout: { kind: "knockout", needs: ["mask"], may: [] },
  addAtPositions: { kind: "add", needs: ["positions", "value"], may: [] },
  patchAt: { kind: "set", needs: ["position", "value"], may: [] },
};

/** The values of `op`. */
export const OPS: Readonly<Record<string, Word>> = {
  suppress: { kind: "zero", needs: [], may: ["pos"] },
  scale: { kind: "scale", needs: ["factor"], may: ["pos"] },
  add: { kind: "add", needs: ["value"], may: ["pos"] },
  set: { kind: "set", needs: ["value"], may: ["pos"] },
};

/** The same in our own words. */
export function inOwnWords(intervention: Intervention): PlainIntervention {
  const word = "op" in intervention ? intervention.op : intervention.kind;
  const { kind } = ("op" in intervention ? OPS : KINDS)[word] as Word; // checked data
  const { at, direction = "fwd", positions, position, pos, value, mask, factor = 1 } = fieldsOf(intervention);
  const places = positions ?? position ?? pos;
  return {
    kind,
    word,
    at,
    direction,
    positions: typeof places === "number" ? [places] : places,
    value: mask ?? (value === undefined ? undefined : asTensor(value)),
    factor,
  };
}

/** Every field that some intervention has. */
interface Fields {
  readonly at: string;
  readonly direction?: Direction;
  readonly positions?: readonly number[];
  readonly position?: number;
  readonly pos?: number | readonly number[];
  readonly value?: ValueData;
  readonly mask?: TensorData;
  readonly factor?: number;
}

function fieldsOf(intervention: Intervention): Fields {
  return intervention;
}

function asTensor(value: ValueData): TensorData {
  if (typeof value === "number") return { shape: [], values: [value] };
  return "shape" in value ? value : { shape: [value.length], values: value };
}
