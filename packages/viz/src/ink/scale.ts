import { brief } from "../description/numbers.ts";
import type { Description, Numbers, Scale, State, Stretch } from "../description/types.ts";
import { STEPS, type Theme } from "./theme.ts";

export const isDiverging = ({ type }: Scale): boolean => type === "diverging";

/** The reference of a scale: its centre, or its low end. */
export function centreOf(scale: Scale): number {
  return isDiverging(scale) ? (scale.centre ?? 0) : scale.low;
}

/** A scale by its name, with the stretch that was chosen. */
export function scaleOf(d: Description, name: string, state?: State): Scale {
  const scale = d.scales[name] ?? { type: "sequential", low: 0, high: 1, stretch: 1, title: name };
  const stretch = state?.stretch[name];
  return stretch === undefined ? scale : { ...scale, stretch };
}

/** How far a value is from the reference, as a share of the way to the end of its side: −1 to 1, or 0 to 1. */
export function share(scale: Scale, value: number): number {
  const centre = centreOf(scale);
  const reach = isDiverging(scale) ? Math.max(scale.high - centre, centre - scale.low) : scale.high - centre;
  if (reach === 0 || Number.isNaN(value)) return Number.isNaN(value) ? Number.NaN : 0;
  const cut = Math.max(isDiverging(scale) ? -1 : 0, Math.min(1, (value - centre) / reach));
  return scale.stretch === 0.5 ? Math.sign(cut) * Math.sqrt(Math.abs(cut)) : cut;
}

/** The step of the ramp that a value has; -1 for NaN and the infinite. */
export function stepOf(scale: Scale, value: number): number {
  if (!Number.isFinite(value)) return -1;
  const t = share(scale, value);
  return Math.round((isDiverging(scale) ? (t + 1) / 2 : t) * (STEPS - 1));
}

/** The ramp of a scale in a theme. */
export function rampOf(scale: Scale, theme: Theme): readonly string[] {
  return isDiverging(scale) ? theme.diverging : theme.sequential;
}

/** A value's colour. */
export function colourOf(scale: Scale, theme: Theme, value: number): string {
  return rampOf(scale, theme)[stepOf(scale, value)] ?? theme.missing;
}

/** The scale of one row: with the stretch `"row"` each has its own reach, which its largest value fills. */
export function rowScale(scale: Scale, values: Numbers, start: number, end: number): Scale {
  if (scale.stretch !== "row") return scale;
  const centre = centreOf(scale);
  let reach = 0;
  for (let i = start; i < end; i += 1) {
    const size = Math.abs((values[i] ?? Number.NaN) - centre);
    if (Number.isFinite(size) && size > reach) reach = size;
  }
  if (reach === 0) reach = 1;
  const low = isDiverging(scale) ? centre - reach : centre;
  return { ...scale, stretch: 1, low, high: centre + reach };
}

/** What a legend says of a scale besides its numbers. */
export function scaleNotes(scale: Scale, hasCut: boolean): readonly string[] {
  const stretched: Readonly<Record<string, string>> = { "0.5": "square root", row: "each row by itself" };
  const note = stretched[String(scale.stretch)];
  const cutNote = `values beyond ${brief(scale.low)} and ${brief(scale.high)} are cut`;
  return [...(note === undefined ? [] : [note]), ...(hasCut ? [cutNote] : [])];
}

/** Whether some value lies outside of the scale. */
export function isCut(scale: Scale, values: Numbers): boolean {
  const slack = (scale.high - scale.low) * 1e-6;
  for (const value of values) if (value < scale.low - slack || value > scale.high + slack) return true;
  return false;
}

/** The stretches that one can choose from, with their names. */
export const STRETCHES: readonly (readonly [Stretch, string])[] = [
  [1, "linear"],
  [0.5, "square root"],
  ["row", "each row by itself"],
];
