import { check, checked } from "./checks/checked.ts";
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
import { BOX, DESCRIPTION, DRAWN, POINT, SCALE, STATE, THEME, THEME_NAME } from "./checks/shapes.ts";
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
const drawn = listOf(DRAWN);

/** {@link axes.select} */
export const select: typeof axes.select = /* @__PURE__ */ checked("select", axes.select, {
  d: DESCRIPTION,
  state: STATE,
  at: byName(number),
});

/** {@link texts.shown} */
export const shown: typeof texts.shown = /* @__PURE__ */ checked("shown", texts.shown, { text: string });

/** {@link glob.globToRegExp} */
export const globToRegExp: typeof glob.globToRegExp = /* @__PURE__ */ checked(
  "globToRegExp",
  glob.globToRegExp,
  {
    glob: string,
  },
);

/** {@link scales.colourOf} */
export const colourOf: typeof scales.colourOf = /* @__PURE__ */ checked("colourOf", scales.colourOf, {
  scale: SCALE,
  theme: THEME,
  value: number,
});

/** {@link themes.themeOf} */
export const themeOf: typeof themes.themeOf = /* @__PURE__ */ checked("themeOf", themes.themeOf, {
  name: THEME_NAME,
});

/** {@link frame.group} */
export const group: typeof frame.group = /* @__PURE__ */ checked("group", frame.group, {
  children: drawn,
  move: maybe(POINT),
});

/** {@link frame.line} */
export const line: typeof frame.line = /* @__PURE__ */ checked("line", frame.line, {
  from: POINT,
  to: POINT,
  stroke: string,
  more: maybe(attributes),
});

/** {@link frame.rect} */
export const rect: typeof frame.rect = /* @__PURE__ */ checked("rect", frame.rect, {
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
export const text: typeof frame.text = /* @__PURE__ */ checked("text", frame.text, {
  x: finite,
  y: finite,
  content: string,
  style: maybe(STYLE),
});

/** {@link tree.make} */
export const make: typeof tree.make = /* @__PURE__ */ checked(
  "make",
  (tag, given, ...children) => {
    check("make", children, drawn, "children");
    return tree.make(tag, given, ...children);
  },
  { tag: string, attributes },
);
