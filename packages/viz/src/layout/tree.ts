import { h, render, type VNode } from "preact";

export { render };

/** Anything that can stand in a tree of SVG or HTML. */
export type Drawn = VNode | string | number | null;

/** A node by its tag: plain calls, so that the compiler needs no setting of its own. */
export function make(
  tag: string,
  attributes: Readonly<Record<string, unknown>>,
  ...children: readonly Drawn[]
): VNode {
  // An empty attribute is written without its quotes, which no XML is; only fields of forms need them.
  const given =
    "value" in attributes
      ? attributes
      : Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ""));
  // Preact's types of attributes know tags one by one, and not with exact optional properties.
  return h(tag, given as never, ...children) as VNode;
}
