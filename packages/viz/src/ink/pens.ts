import { Ansis } from "ansis";
import { parseHex, type Rgb, toOklab } from "./colour.ts";

// Texts in colours for terminals, by what these have: 16 colours, 256, or all.

const PENS = [0, 1, 2, 3].map((level) => new Ansis(level as 0 | 1 | 2 | 3));

/** What writes bold and coloured; made once, as that is slow. */
export const penOf = (level: number): Ansis => PENS[level] ?? new Ansis(0);

/** A pen for a text of one colour, and on the ground of another. */
export function coloured(level: number, { ink, ground }: { ink?: string; ground?: string }): Ansis {
  let pen = penOf(level);
  if (ground !== undefined) pen = level === 2 ? pen.bg(of256(ground)) : pen.bgHex(ground);
  if (ink !== undefined) pen = level === 2 ? pen.fg(of256(ink)) : pen.hex(ink);
  return pen;
}

const SIDES = [0, 95, 135, 175, 215, 255];
const KNOWN = new Map<string, number>();

/** The nearest of the 240 colours that are the same in all terminals: a cube of 6 × 6 × 6, and 24 greys. */
function of256(hex: string): number {
  const known = KNOWN.get(hex);
  if (known !== undefined) return known;
  const rgb = parseHex(hex);
  const [r, g, b] = rgb.map((channel) => nearest(SIDES, channel)) as [number, number, number];
  const cube: Rgb = [SIDES[r] ?? 0, SIDES[g] ?? 0, SIDES[b] ?? 0];
  const step = Math.max(0, Math.min(23, Math.round(((rgb[0] + rgb[1] + rgb[2]) / 3 - 8) / 10)));
  const grey = 8 + 10 * step;
  const isGrey = far(rgb, [grey, grey, grey]) < far(rgb, cube);
  const code = isGrey ? 232 + step : 16 + 36 * r + 6 * g + b;
  KNOWN.set(hex, code);
  return code;
}

const nearest = (list: readonly number[], value: number): number =>
  list.reduce(
    (best, each, i) => (Math.abs(each - value) < Math.abs((list[best] ?? 0) - value) ? i : best),
    0,
  );

function far(one: Rgb, other: Rgb): number {
  const [a, b] = [toOklab(one), toOklab(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
