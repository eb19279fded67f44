export { defineElement, linkViews, toElement } from "./define.ts";
export { ViewElement } from "./element.ts";
export type { ExportKind } from "./exports.ts";
export type { Extra } from "./extra.ts";
export { lasso } from "./lasso.ts";
export { pinnedLayout } from "./pinned.ts";
export { zoom } from "./zoom.ts";
