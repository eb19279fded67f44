import { defineElement, linkViews } from "../element/define.ts";
import { EXTRAS } from "./kinds.ts";

/** The last thing in a page's script, when all kinds are there. */
export function start(): void {
  defineElement(EXTRAS);
  linkViews(document);
}
