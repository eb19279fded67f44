import type { Box } from "./frame.ts";

/** Some of a layer's pixels. */
export interface Part {
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * Cells too many to be drawn one by one: a pixel each, stretched to a box under the drawing. Files have it as a picture
 * inside, elements paint the tiles of it that are seen.
 */
export interface Layer {
  readonly box: Box;
  readonly rows: number;
  readonly cols: number;
  /** Colours by index; without it a pixel is three bytes, red, green and blue. */
  readonly palette?: readonly string[];
  readonly opacity?: number;
  /** Whether pixels flow into each other. */
  readonly smooth?: boolean;
  /** The pixels of a part, row by row. */
  bytes(part: Part): Uint8Array;
}

/** A layer's pixels that were made at once, of so many bytes each. */
export function cutOut(all: Uint8Array, cols: number, depth = 1): Layer["bytes"] {
  return ({ row, col, rows, cols: width }) => {
    const bytes = new Uint8Array(rows * width * depth);
    for (let i = 0; i < rows; i += 1) {
      const from = ((row + i) * cols + col) * depth;
      bytes.set(all.subarray(from, from + width * depth), i * width * depth);
    }
    return bytes;
  };
}

/** All of a layer. */
export function wholeOf({ rows, cols }: Layer): Part {
  return { row: 0, col: 0, rows, cols };
}
