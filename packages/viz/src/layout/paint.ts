import type { TextOptions } from "../blocks/block.ts";
import { cut, fill, shown } from "../description/shown.ts";
import { widthOf } from "../description/width.ts";
import { brief, most } from "../description/numbers.ts";
import type { Scale } from "../description/types.ts";
import { inkOn } from "../ink/colour.ts";
import { coloured, penOf } from "../ink/pens.ts";
import { colourOf, isDiverging, scaleNotes, share } from "../ink/scale.ts";
import { themeOf } from "../ink/theme.ts";
import { wrap, wrapWords } from "./legend.ts";

const RAMP = " ·:-=+*#%@";

/** A text on the colour of a value. */
export function painted(
  content: string,
  scale: Scale,
  value: number,
  { colour, theme }: TextOptions,
): string {
  if (colour === 0) return content;
  const ground = colourOf(scale, themeOf(theme), value);
  return coloured(colour, { ground, ink: inkOn(ground) })(content);
}

/** Two values, one above the other, in so many cells. */
export function halves(
  scale: [Scale, Scale],
  values: [number, number],
  wide: number,
  { colour, theme }: TextOptions,
): string {
  const [ink, ground] = [0, 1].map((i) => colourOf(scale[i as 0 | 1], themeOf(theme), values[i as 0 | 1]));
  return coloured(colour, { ...(ink && { ink }), ...(ground && { ground }) })("▀".repeat(wide));
}

/** A character whose darkness tells the size of a value; a digit below the centre. */
export function rampOfText(scale: Scale, value: number): string {
  if (!Number.isFinite(value)) return "–";
  const part = share(scale, value);
  const step = Math.round(Math.abs(part) * (RAMP.length - 1));
  return part < 0 && step > 0 ? String(step) : (RAMP[step] ?? " ");
}

/** What is said of such characters. */
export const rampInWords = (scale: Scale, { colour }: TextOptions): string =>
  colour > 0
    ? ""
    : isDiverging(scale)
      ? "above the centre ·:-=+*#%@, below it 1 to 9"
      : `${RAMP.trim()}: low to high`;

export function bold(content: string, { colour }: TextOptions): string {
  return colour === 0 ? content : penOf(colour).bold(content);
}

/** A text in one of a theme's colours. */
export function tinted(content: string, hex: string, { colour }: TextOptions): string {
  return colour === 0 ? content : coloured(colour, { ink: hex })(content);
}

/** Phrases in lines that are not wider than the terminal. */
export function told(phrases: readonly string[], { columns }: TextOptions): readonly string[] {
  return wrap(phrases.filter((each) => each !== "").map(shown), columns).map((each) => cut(each, columns));
}

/** A sentence in as many lines as it needs. */
export function paragraph(content: string, { columns }: TextOptions): readonly string[] {
  return wrapWords(shown(content), columns).map((each) => cut(each, columns));
}

/** A scale in words. */
export function scaleInWords(scale: Scale, isCut: boolean): readonly string[] {
  const centre = isDiverging(scale) ? `, centre ${brief(scale.centre ?? 0)}` : "";
  const unit = scale.unit === undefined ? "" : ` ${scale.unit}`;
  const ends = scale.stretch === "row" ? "" : `: ${brief(scale.low)} to ${brief(scale.high)}${unit}${centre}`;
  return [`${scale.title}${ends}`, ...scaleNotes(scale, isCut)];
}

/** Cells beside each other in columns as wide as their longest; the last has what is left of the terminal. */
export function columnsOf(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const count = most(rows, (row) => row.length);
  const widths = Array.from({ length: count }, (_, i) => most(rows, (row) => widthOf(row[i] ?? "")));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  if (count > 0) widths[count - 1] = Math.max(4, Math.min(widths[count - 1] ?? 0, columns - before));
  return rows.map((row) =>
    cut(
      row
        .map((cell, i) => fill(cut(cell, widths[i] ?? 0), widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
      columns,
    ),
  );
}
