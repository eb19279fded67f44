import { most } from "../../description/numbers.ts";
import { labelsOf } from "../../description/axes.ts";
import { fill, shown } from "../../description/shown.ts";
import { widthOf } from "../../description/width.ts";
import { type Description, NO_STATE } from "../../description/types.ts";
import { isCut, rowScale } from "../../ink/scale.ts";
import {
  halves,
  painted,
  paragraph,
  rampInWords,
  rampOfText,
  scaleInWords,
  told,
} from "../../layout/paint.ts";
import { WIDE_CELLS } from "../../layout/labels.ts";
import { poolNote, poolTo } from "../../layout/pool.ts";
import type { TextOptions } from "../block.ts";
import { resolve } from "../facets-parts.ts";
import {
  cellText,
  isUnsure,
  largestInWords,
  type Matrix,
  type MatrixParts,
  partsOf,
} from "../matrix-cells.ts";

const CELL = 7;

/** A matrix for terminals: numbers where there is room, else two rows a line, and the largest in words. */
export function matrixText(given: Description, block: Matrix, options: TextOptions): string {
  const { d, b } = resolve(given, block, NO_STATE);
  const parts = partsOf(d, b);
  const side = Math.min(
    WIDE_CELLS,
    most(labelsOf(parts.rows), (each) => widthOf(each)),
  );
  const isWide =
    side + 1 + parts.cols.labels.length * CELL <= options.columns && parts.rows.labels.length <= 60;
  const { lines, by } = isWide ? numbers(b, parts, side, options) : blocks(b, parts, side, options);
  const unsure = b.values.some((_: number, i: number) => isUnsure(b, parts.centre, i));
  const title = b.title === undefined ? "" : shown(b.title);
  const axes = `rows: ${parts.rows.title}; columns: ${parts.cols.title}`;
  const pooled = poolNote([by[0] * (b.pooled?.[0] ?? 1), by[1] * (b.pooled?.[1] ?? 1)]);
  const words = [title, axes, ...scaleInWords(parts.scale, isCut(parts.scale, b.values)), pooled];
  const mark = isWide
    ? [unsure ? "?: the interval holds the centre" : ""]
    : [rampInWords(parts.scale, options)];
  return [
    ...lines,
    ...told([...words, ...mark], options),
    ...paragraph(largestInWords(d, b, 3), options),
  ].join("\n");
}

interface Body {
  readonly lines: readonly string[];
  readonly by: readonly [number, number];
}

function numbers(
  b: Matrix,
  { rows, cols, scale, centre }: MatrixParts,
  side: number,
  options: TextOptions,
): Body {
  const width = cols.labels.length;
  const head = labelsOf(cols).map((label) => fill(label, CELL - 1, "left") + " ");
  const lines = labelsOf(rows).map((label, row) => {
    const own = rowScale(scale, b.values, row * width, (row + 1) * width);
    const cells = Array.from({ length: width }, (_, col) => {
      const i = row * width + col;
      if (b.lower === true && col > row) return " ".repeat(CELL);
      const mark = isUnsure(b, centre, i) ? "?" : " ";
      return painted(
        fill(cellText(b, centre, i), CELL - 1, "left") + mark,
        own,
        b.values[i] ?? Number.NaN,
        options,
      );
    });
    return `${fill(label, side)} ${cells.join("")}`;
  });
  return { lines: [`${" ".repeat(side)} ${head.join("")}`.trimEnd(), ...lines], by: [1, 1] };
}

/** Pooled to the columns that there are; in colours two rows a line, else a character whose darkness tells. */
function blocks(
  b: Matrix,
  { rows, cols, scale, centre }: MatrixParts,
  side: number,
  options: TextOptions,
): Body {
  const pooled = poolTo(b.values, [rows.labels.length, cols.labels.length], centre, [
    48,
    Math.max(1, options.columns - side - 1),
  ]);
  const at = (row: number, col: number): number => pooled.values[row * pooled.cols + col] ?? Number.NaN;
  const own = (row: number): typeof scale =>
    rowScale(scale, pooled.values, row * pooled.cols, (row + 1) * pooled.cols);
  const step = options.colour === 0 ? 1 : 2;
  const wide = Math.min(4, Math.max(1, Math.floor((options.columns - side - 1) / Math.max(1, pooled.cols))));
  const head = labelsOf(cols)
    .map((label) => fill(label, wide - 1))
    .join(" ");
  const lines: string[] = wide === 4 ? [`${" ".repeat(side)} ${head}`.trimEnd()] : [];
  for (let row = 0; row < pooled.rows; row += step) {
    const label = fill(labelsOf(rows)[row * pooled.by[0]] ?? "", side);
    const [upper, lower] = [own(row), own(row + 1)];
    const cells = Array.from({ length: pooled.cols }, (_, col) =>
      step === 1
        ? rampOfText(upper, at(row, col)).repeat(wide)
        : halves(
            [upper, lower],
            [at(row, col), row + 1 < pooled.rows ? at(row + 1, col) : centre],
            wide,
            options,
          ),
    );
    lines.push(`${label} ${cells.join("")}`);
  }
  return { lines, by: pooled.by };
}
