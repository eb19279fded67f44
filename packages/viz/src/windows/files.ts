import { type Facets, facetValues } from "../blocks/facets-parts.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import { axisOf, countOf } from "../description/axes.ts";
import { toBase64 } from "../description/base64.ts";
import { range } from "../description/numbers.ts";
import type { AnyBlock, Axis, Description } from "../description/types.ts";
import { type BlocksOption, checkDescription, checkShape, kindOf } from "../render/check.ts";
import { section } from "../render/csv.ts";
import { written } from "../render/written.ts";
import { placed, windowOf } from "./window.ts";

/** Rows of a table that are made at once. */
const MOST_ROWS = 50_000;
/** Bytes of numbers that are written at once, a multiple of three: what is written of each is joined without a seam. */
const MOST_BYTES = 3 * 2 ** 20;

/**
 * What `toCSV` gives, in parts: for pictures whose numbers are more than one text can hold.
 *
 * @throws ViewError `VIEW_INVALID`, `BLOCK_UNKNOWN`
 */
export function csvParts(d: Description, options: BlocksOption = {}): Iterable<string> {
  checkDescription(d, options);
  return sections(d, options);
}

function* sections(d: Description, options: BlocksOption): Generator<string> {
  for (const block of d.blocks) {
    let isFirst = true;
    for (const [part, own] of partsOf(d, block)) {
      const text = section(block.id, kindOf(own, options).rows?.(part, own), isFirst);
      if (text !== "") yield text;
      isFirst &&= text === "";
    }
  }
}

/** A block in pieces that have its rows one after the other, each with the description that it is of. */
function* partsOf(d: Description, block: AnyBlock): Generator<readonly [Description, AnyBlock]> {
  if (block.block === "facets") yield* facetsOf(d, block as Facets);
  else if (block.block === "matrix" && (block as Matrix).values.length > MOST_ROWS)
    yield* rowsOf(d, block as Matrix);
  else yield [d, block];
}

function* facetsOf(d: Description, b: Facets): Generator<readonly [Description, Facets]> {
  const [rows, cols] = [axisOf(d, b.rows), axisOf(d, b.cols)];
  if (b.rows === b.cols || b.values.length <= MOST_ROWS) {
    yield [d, b];
    return;
  }
  for (const row of range(countOf(rows)))
    for (const col of range(countOf(cols))) {
      const axes = { ...d.axes, [b.rows]: only(rows, row), [b.cols]: only(cols, col) };
      yield [
        { ...d, axes },
        { ...b, values: facetValues(d, b, [row, col]) },
      ];
    }
}

const only = (axis: Axis, index: number): Axis => ({
  ...axis,
  labels: axis.labels.slice(index, index + 1),
  at: axis.at.slice(index, index + 1),
});

function* rowsOf(d: Description, b: Matrix): Generator<readonly [Description, Matrix]> {
  const [rows, cols] = [countOf(axisOf(d, b.rows)), countOf(axisOf(d, b.cols))];
  const step = Math.max(1, Math.floor(MOST_ROWS / cols));
  for (let row = 0; row < rows; row += step) {
    const seen = [row, Math.min(rows, row + step)] as const;
    const part = windowOf(d, { block: b.id, at: {}, rows: seen, cols: [0, cols], by: [1, 1] });
    yield [placed(d, part), part.block];
  }
}

/**
 * What `toJSON` gives, in parts, and with every number as it is: `toJSON` itself rounds lists of more than 100,000 to float16.
 *
 * @throws ViewError `VIEW_JSON`
 */
export function jsonParts(d: Description): Iterable<string> {
  checkShape(d);
  return pieces(d);
}

function* pieces(d: Description): Generator<string> {
  const lists: Float32Array[] = [];
  const mark = markFor(written(d, {}, () => ""));
  const text = written(d, {}, (values) => {
    lists.push(values);
    return { f32: `${mark}${lists.length - 1}` };
  });
  const [first = "", ...others] = text.split(mark);
  yield first;
  for (const other of others) {
    const index = /^\d+/.exec(other)?.[0] ?? "";
    yield* base64Of(lists[Number(index)] ?? new Float32Array());
    yield other.slice(index.length);
  }
}

/** A text that stands nowhere in another. */
function markFor(text: string): string {
  let mark = "@";
  while (text.includes(mark)) mark += "@";
  return mark;
}

function* base64Of({ buffer, byteOffset, byteLength }: Float32Array): Generator<string> {
  for (let at = 0; at < byteLength; at += MOST_BYTES)
    yield toBase64(new Uint8Array(buffer, byteOffset + at, Math.min(MOST_BYTES, byteLength - at)));
}
