import type { ViewElement } from "./element.ts";

/** Something that a page's script adds to an element after each drawing. */
export type Extra = (element: ViewElement, root: ShadowRoot) => void;
