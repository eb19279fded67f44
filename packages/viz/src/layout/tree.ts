import { h, type VNode } from "preact";

/** Anything that can stand in a tree of SVG or HTML. */
export type Drawn = VNode | string | number | null;

/** A node by its tag: plain calls, so that the compiler needs no setting of its own. */
export function make(tag: string, attributes: Readonly<Record<string, unknown>>, ...children: readonly Drawn[]): VNode {
  // Preact's types of attributes know tags one by one, and not with exact optional properties.
  return h(tag, attributes as never, ...children) as VNode;
}
