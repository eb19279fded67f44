/// <reference lib="dom" preserve="true" />
export { ViewElement } from "./element.ts";
export type { ExportKind } from "./exports.ts";
export type { Extra } from "./extra.ts";
export { defineElement, lasso, linkViews, pinnedLayout, toElement, zoom } from "./public.ts";
export { render } from "./render.ts";
export { showWindows } from "./windows.ts";
export type { WindowSource } from "./windows.ts";
