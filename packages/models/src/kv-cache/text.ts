import type { CellState } from "./cache.ts";

/**
 * Cells, history and sequences, one line each:
 *
 * ```
 * CausalCache: 3 of 8 cells, history 0..2
 *   sequence 0: 3 tokens, positions 0..2, cells 0..2
 * ```
 */
export function describeCells(name: string, state: CellState): string {
  const { min, max } = state.current;
  const history = min > max ? "none" : `${min}..${max}`;
  const head = `${name}: ${state.cells.length} of ${state.size} cells, history ${history}`;
  const sequences = [...state.ranges.keys()].sort((a, b) => a - b);
  return [head, ...sequences.map((sequence) => `  ${describeSequence(sequence, state)}`)].join("\n");
}

function describeSequence(sequence: number, state: CellState): string {
  const own = state.cells.filter((cell) => cell.sequences.includes(sequence));
  if (own.length === 0) return `sequence ${sequence}: nothing`;
  const positions = own.map((cell) => cell.position);
  const ends = (numbers: readonly number[]): string =>
    `${numbers.reduce((a, b) => Math.min(a, b))}..${numbers.reduce((a, b) => Math.max(a, b))}`;
  const tokens = `${own.length} token${own.length === 1 ? "" : "s"}`;
  return `sequence ${sequence}: ${tokens}, positions ${ends(positions)}, cells ${ends(own.map((cell) => cell.index))}`;
}
