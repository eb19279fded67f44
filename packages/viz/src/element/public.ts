import { fields, fit, func, listOf, maybe } from "../checks/fit.ts";
import { BLOCKS_OPTION, PICTURED } from "../checks/shapes.ts";
import * as define from "./define.ts";
import { ViewElement } from "./element.ts";
import { hasMethods, onPage } from "./on-page.ts";
import type { Extra } from "./extra.ts";
import * as lassos from "./lasso.ts";
import * as pinned from "./pinned.ts";
import * as zooms from "./zoom.ts";

// What others call: the same functions, whose arguments are looked at. The scripts of pages have them as they are.

/** {@link define.defineElement} @throws ViewError `NO_PAGE`, `VIEW_DATA` */
export const defineElement: typeof define.defineElement = /* @__PURE__ */ onPage(
  "defineElement",
  define.defineElement,
  {
    extras: maybe(listOf(func)),
  },
);

/** {@link define.toElement} @throws ViewError `NO_PAGE`, `VIEW_DATA` */
export const toElement: typeof define.toElement = /* @__PURE__ */ onPage("toElement", define.toElement, {
  picture: PICTURED,
  options: maybe(fields(BLOCKS_OPTION)),
});

/** {@link define.linkViews} @throws ViewError `NO_PAGE`, `VIEW_DATA` */
export const linkViews: typeof define.linkViews = /* @__PURE__ */ onPage("linkViews", define.linkViews, {
  root: hasMethods("a document or an element", "addEventListener", "querySelectorAll"),
});

const extra = (owner: string, fn: Extra): Extra =>
  onPage(owner, fn, {
    element: fit("a <hookdict-view>", (value) => value instanceof ViewElement),
    root: hasMethods("the element's shadow root", "querySelector", "querySelectorAll"),
  });

/** {@link zooms.zoom} */
export const zoom: Extra = /* @__PURE__ */ extra("zoom", zooms.zoom);

/** {@link lassos.lasso} */
export const lasso: Extra = /* @__PURE__ */ extra("lasso", lassos.lasso);

/** {@link pinned.pinnedLayout} */
export const pinnedLayout: Extra = /* @__PURE__ */ extra("pinnedLayout", pinned.pinnedLayout);
