import type { CellRange, CellState } from "./cache.ts";

/** No cell at all. */
export const EMPTY_RANGE: CellRange = Object.freeze({ min: Infinity, max: 0 });

/** The range with one more cell. */
export function extend(range: CellRange, index: number): CellRange {
  return { min: Math.min(range.min, index), max: Math.max(range.max, index) };
}

/** Both ranges and what lies between them. */
export function cover(a: CellRange, b: CellRange): CellRange {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/** Which token of which sequences each cell holds. A cell is free when no sequence has it. */
export class Cells {
  readonly size: number;
  /** Position of the token in each cell. */
  readonly positions: number[];
  readonly sequences: Set<number>[];
  readonly ranges: Map<number, CellRange> = new Map();
  /** The history of this pass. */
  current: CellRange = EMPTY_RANGE;
  /** Highest position of each sequence that a window has dropped; all below it are taken as dropped, too. */
  readonly dropped: Map<number, number> = new Map();

  constructor(size: number) {
    this.size = size;
    this.positions = Array.from({ length: size }, () => 0);
    this.sequences = Array.from({ length: size }, () => new Set<number>());
  }

  has(index: number, sequence: number): boolean {
    return this.sequences[index]?.has(sequence) ?? false;
  }

  positionOf(index: number): number {
    return this.positions[index] ?? 0;
  }

  rangeOf(sequence: number): CellRange {
    return this.ranges.get(sequence) ?? EMPTY_RANGE;
  }

  /** Cells of a sequence, in the order of storage. */
  of(sequence: number): number[] {
    const { min, max } = this.rangeOf(sequence);
    const found: number[] = [];
    for (let index = min; index <= max; index++) if (this.has(index, sequence)) found.push(index);
    return found;
  }

  /** Lowest and highest position of a sequence, if it has any. */
  extent(sequence: number): { readonly lowest: number; readonly highest: number } | undefined {
    const positions = this.of(sequence).map((index) => this.positionOf(index));
    if (positions.length === 0) return undefined;
    return {
      lowest: positions.reduce((a, b) => Math.min(a, b)),
      highest: positions.reduce((a, b) => Math.max(a, b)),
    };
  }

  /** The first free cells, at most so many. */
  free(wanted: number): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.size && found.length < wanted; index++) {
      if (this.sequences[index]?.size === 0) found.push(index);
    }
    return found;
  }

  store(index: number, position: number, sequence: number): void {
    this.positions[index] = position;
    this.sequences[index]?.add(sequence);
    this.ranges.set(sequence, extend(this.rangeOf(sequence), index));
    // What is stored again takes the place of what was dropped from there on.
    this.dropped.set(sequence, Math.min(this.droppedOf(sequence), position - 1));
    this.current = extend(this.current, index);
  }

  /** Drops a token that no window will see again. */
  drop(index: number, sequence: number): void {
    this.sequences[index]?.delete(sequence);
    this.dropped.set(sequence, Math.max(this.droppedOf(sequence), this.positionOf(index)));
  }

  /** Highest position that a window has dropped, -1 where none has. */
  droppedOf(sequence: number): number {
    return this.dropped.get(sequence) ?? -1;
  }

  /** As {@link KeyValueCache.copyPrefix}. */
  copyPrefix(source: number, destination: number, length: number): void {
    if (source === destination) return;
    let range = EMPTY_RANGE;
    for (let index = 0; index < this.size; index++) {
      const holders = this.sequences[index] as Set<number>; // one for each cell
      holders.delete(destination);
      if (!holders.has(source) || this.positionOf(index) >= length) continue;
      holders.add(destination);
      range = extend(range, index);
    }
    this.ranges.set(destination, range);
    this.dropped.set(destination, Math.min(this.droppedOf(source), length - 1));
  }

  state(): CellState {
    const cells = this.sequences.flatMap((holders, index) => {
      if (holders.size === 0) return [];
      const sequences = Object.freeze([...holders].sort((a, b) => a - b));
      return [Object.freeze({ index, position: this.positionOf(index), sequences })];
    });
    return { size: this.size, cells, ranges: new Map(this.ranges), current: this.current };
  }
}
