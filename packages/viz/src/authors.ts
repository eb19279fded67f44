import { checked } from "./checks/checked.ts";
import {
  byName,
  fields,
  finite,
  fit,
  flag,
  listOf,
  maybe,
  number,
  oneOf,
  record,
  string,
} from "./checks/fit.ts";
import { BOX, DESCRIPTION, POINT, SCALE, STATE, THEME, THEME_NAME } from "./checks/shapes.ts";
import * as axes from "./description/axes.ts";
import * as glob from "./description/glob.ts";
import * as texts from "./description/shown.ts";
import * as scales from "./ink/scale.ts";
import * as themes from "./ink/theme.ts";
import * as frame from "./layout/frame.ts";
import * as tree from "./layout/tree.ts";

// What pictures are drawn with, for authors of blocks: the same functions, whose arguments are looked at. The scripts of pages have them
// as they are: what a page holds was checked when it was written.

const attributes = fit("a record of attributes", (value) => record(value, "") === undefined);
const drawn = listOf(
  fit("what make() gives, a text, a number or null", (value) =>
    value === null || ["string", "number", "object"].includes(typeof value)),
);

/** {@link axes.select} */
export const select: typeof axes.select = checked("select", axes.select, {
  d: DESCRIPTION,
  state: STATE,
  at: byName(number),
});

/** {@link texts.shown} */
export const shown: typeof texts.shown = checked("shown", texts.shown, { text: string });

/** {@link glob.globToRegExp} */
export const globToRegExp: typeof glob.globToRegExp = checked("globToRegExp", glob.globToRegExp, {
  glob: string,
});

/** {@link scales.colourOf} */
export const colourOf: typeof scales.colourOf = checked("colourOf", scales.colourOf, {
  scale: SCALE,
  theme: THEME,
  value: number,
});

/** {@link themes.themeOf} */
export const themeOf: typeof themes.themeOf = checked("themeOf", themes.themeOf, { name: THEME_NAME });

/** {@link frame.group} */
export const group: typeof frame.group = checked("group", frame.group, {
  children: drawn,
  move: maybe(POINT),
});

/** {@link frame.line} */
export const line: typeof frame.line = checked("line", frame.line, {
  from: POINT,
  to: POINT,
  stroke: string,
  more: maybe(attributes),
});

/** {@link frame.rect} */
export const rect: typeof frame.rect = checked("rect", frame.rect, {
  box: BOX,
  fill: string,
  more: maybe(attributes),
});

const STYLE = fields({
  size: maybe(finite),
  fill: maybe(string),
  anchor: maybe(oneOf("start", "middle", "end")),
  sans: maybe(flag),
  bold: maybe(flag),
  turned: maybe(flag),
  halo: maybe(string),
});

/** {@link frame.text} */
export const text: typeof frame.text = checked("text", frame.text, {
  x: finite,
  y: finite,
  content: string,
  style: maybe(STYLE),
});

/** {@link tree.make} */
export const make: typeof tree.make = checked("make", tree.make, { tag: string, attributes });
