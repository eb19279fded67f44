import { axisOf } from "../../description/axes.ts";
import { farthest } from "../../description/numbers.ts";
import type { Description } from "../../description/types.ts";
import { centreOf, isCut, scaleOf } from "../../ink/scale.ts";
import { halves, rampInWords, rampOfText, scaleInWords, paragraph, told } from "../../layout/paint.ts";
import { poolTo } from "../../layout/pool.ts";
import type { TextOptions } from "../block.ts";
import { type Raster, grid } from "../raster.ts";

/** The scores alone, as half blocks or characters. */
export function rasterText(d: Description, b: Raster, options: TextOptions): string {
  const scale = scaleOf(d, b.scale);
  const [y, x] = [axisOf(d, b.y), axisOf(d, b.x)];
  const pooled = poolTo(b.values, [y.labels.length, x.labels.length], centreOf(scale), [40, options.columns]);
  const at = (row: number, col: number): number => pooled.values[row * pooled.cols + col] ?? Number.NaN;
  const lines: string[] = [];
  for (let row = 0; row < pooled.rows; row += options.colour === 0 ? 1 : 2)
    lines.push(
      Array.from({ length: pooled.cols }, (_, col) =>
        options.colour === 0
          ? rampOfText(scale, at(row, col))
          : halves([scale, scale], [at(row, col), at(row + 1, col)], 1, options),
      ).join(""),
    );
  const best = farthest(b.values, centreOf(scale), 3).map((i) =>
    grid(d, b).sentence(Math.floor(i / x.labels.length), i % x.labels.length),
  );
  return [
    ...lines,
    ...told([...scaleInWords(scale, isCut(scale, b.values)), rampInWords(scale, options)], options),
    ...paragraph(`largest: ${best.join("; ")}`, options),
  ].join("\n");
}
