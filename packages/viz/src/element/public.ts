import { checked } from "../checks/checked.ts";
import { fields, type Fit, fit, func, listOf, maybe } from "../checks/fit.ts";
import { BLOCKS_OPTION, PICTURED } from "../checks/shapes.ts";
import * as define from "./define.ts";
import { ViewElement } from "./element.ts";
import { noPage } from "./errors.ts";
import type { Extra } from "./extra.ts";
import * as lassos from "./lasso.ts";
import * as pinned from "./pinned.ts";
import * as zooms from "./zoom.ts";

// What others call: the same functions, whose arguments are looked at. The scripts of pages have them as they are.

/** A function that is of use in pages alone. */
function onPage<F extends (...args: never[]) => unknown>(
  owner: string,
  fn: F,
  fits: Readonly<Record<string, Fit>>,
): F {
  const there = (...args: never[]): unknown => {
    if (globalThis.customElements === undefined) throw noPage(owner);
    return fn(...args);
  };
  return checked(owner, there as F, fits);
}

const hasMethods = (wanted: string, ...names: readonly string[]): Fit =>
  fit(
    wanted,
    (value) =>
      typeof value === "object" &&
      value !== null &&
      names.every((name) => typeof Reflect.get(value, name) === "function"),
  );

/** {@link define.defineElement} @throws ViewError `NO_PAGE`, `VIEW_DATA` */
export const defineElement: typeof define.defineElement = onPage("defineElement", define.defineElement, {
  extras: maybe(listOf(func)),
});

/** {@link define.toElement} @throws ViewError `NO_PAGE`, `VIEW_DATA` */
export const toElement: typeof define.toElement = onPage("toElement", define.toElement, {
  picture: PICTURED,
  options: maybe(fields(BLOCKS_OPTION)),
});

/** {@link define.linkViews} @throws ViewError `NO_PAGE`, `VIEW_DATA` */
export const linkViews: typeof define.linkViews = onPage("linkViews", define.linkViews, {
  root: hasMethods("a document or an element", "addEventListener", "querySelectorAll"),
});

const extra = (owner: string, fn: Extra): Extra =>
  onPage(owner, fn, {
    element: fit("a <hookdict-view>", (value) => value instanceof ViewElement),
    root: hasMethods("the element's shadow root", "querySelector", "querySelectorAll"),
  });

/** {@link zooms.zoom} */
export const zoom: Extra = extra("zoom", zooms.zoom);

/** {@link lassos.lasso} */
export const lasso: Extra = extra("lasso", lassos.lasso);

/** {@link pinned.pinnedLayout} */
export const pinnedLayout: Extra = extra("pinnedLayout", pinned.pinnedLayout);
