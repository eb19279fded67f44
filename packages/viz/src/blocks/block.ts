import type { AnyBlock, Description, State } from "../description/types.ts";
import type { ThemeName } from "../ink/theme.ts";
import type { Drawing, Frame } from "../layout/frame.ts";

/** How a terminal shows things. */
export interface TextOptions {
  /** Cells in a line; nothing is wider. */
  readonly columns: number;
  /** 0: none, 1: 16 colours, 2: 256, 3: all. */
  readonly colour: 0 | 1 | 2 | 3;
  readonly theme: ThemeName;
}

/** Numbers as a table in its long form: one row a cell. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What one goes through with the keyboard, hears, and selects. */
export interface Grid {
  readonly rows: number;
  readonly cols: number;
  /** The number of a cell, by which the largest is found; NaN where there is none. */
  value(row: number, col: number): number;
  /** Everything about a cell in one sentence. */
  sentence(row: number, col: number): string;
  /** Coordinates by name of axis: what selecting the cell selects. */
  at(row: number, col: number): Readonly<Record<string, number>>;
  /** Name of a cell that can be pinned or hidden. */
  name?(row: number, col: number): string;
}

/** Something that one may choose about a block. */
export type Control =
  | {
      readonly kind: "choice";
      readonly name: string;
      readonly label: string;
      readonly options: readonly (readonly [string, string])[];
      readonly value: string;
      set(state: State, value: string): State;
    }
  | {
      readonly kind: "range";
      readonly name: string;
      readonly label: string;
      readonly low: number;
      readonly high: number;
      readonly step: number;
      readonly value: number;
      set(state: State, value: number): State;
    }
  | {
      readonly kind: "text";
      readonly name: string;
      readonly label: string;
      readonly value: string;
      set(state: State, value: string): State;
    };

/** What pages and elements know of a kind of block. */
export interface DrawnKind<B extends AnyBlock = AnyBlock> {
  readonly block: string;
  svg(d: Description, block: B, frame: Frame): Drawing;
  rows?(d: Description, block: B): Rows;
  grid?(d: Description, block: B, state: State): Grid;
  controls?(d: Description, block: B, state: State): readonly Control[];
}

/**
 * A kind of block: all that renderers know of it. `svg` and `text` draw it; with the others it can be checked, exported as
 * CSV, walked through with a keyboard, and changed by its reader.
 */
export interface BlockKind<B extends AnyBlock = AnyBlock> extends DrawnKind<B> {
  text(d: Description, block: B, options: TextOptions): string;
  /** What does not fit, in words; nothing where all is well. */
  faults?(d: Description, block: B): readonly string[];
}

/** A value that a block's reader chose, or the first one. */
export function chosen(state: State, block: AnyBlock, name: string, first: string): string {
  const value = state.choice[`${block.id}.${name}`];
  return typeof value === "string" ? value : first;
}

/** A number that a block's reader chose, or the first one. */
export function chosenNumber(state: State, block: AnyBlock, name: string, first: number): number {
  const value = state.choice[`${block.id}.${name}`];
  return typeof value === "number" && Number.isFinite(value) ? value : first;
}

/** The state with something chosen about a block. */
export function choose(state: State, block: AnyBlock, name: string, value: string | number): State {
  return { ...state, choice: { ...state.choice, [`${block.id}.${name}`]: value } };
}
