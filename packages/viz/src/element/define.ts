import type { BlockKind } from "../blocks/block.ts";
import type { Description } from "../description/types.ts";
import { ViewElement } from "./element.ts";
import type { Extra } from "./extra.ts";

/** Makes `<hookdict-view>` known to the page, once. */
export function defineElement(extras: readonly Extra[] = []): void {
  ViewElement.extras = [...new Set([...ViewElement.extras, ...extras])];
  if (customElements.get("hookdict-view") === undefined) customElements.define("hookdict-view", ViewElement);
}

/** A picture as an element, for pages and notebooks that take one. */
export function toElement(
  picture: Description | { readonly description: Description },
  { blocks = [] }: { readonly blocks?: readonly BlockKind[] } = {},
): ViewElement {
  defineElement();
  const element = new ViewElement();
  element.blocks = blocks;
  element.description = "description" in picture ? picture.description : picture;
  return element;
}

/** Has the views below a node follow each other: what is selected in one is selected in all. Gives what ends that. */
export function linkViews(root: Document | HTMLElement): () => void {
  const follow = (event: Event): void => {
    const { at } = (event as CustomEvent<{ readonly at: Readonly<Record<string, number>> }>).detail; // of view-select
    for (const view of root.querySelectorAll("hookdict-view"))
      if (view !== event.target) (view as ViewElement).follow(at);
  };
  root.addEventListener("view-select", follow);
  return () => root.removeEventListener("view-select", follow);
}
