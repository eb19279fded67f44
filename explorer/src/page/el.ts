import { h, type VNode } from "preact";

/** What stands in an element. */
export type Child = VNode | string | null;
/** An element. */
export const el = (tag: string, attributes: Record<string, unknown>, ...children: readonly Child[]): VNode =>
  h(tag, attributes as never, ...children) as VNode; // Preact's types know tags one by one
/** A button that does something. */
export const button = (label: string, onClick: () => void, more: Record<string, unknown> = {}): VNode =>
  el("button", { type: "button", onClick, ...more }, label);
/** Two decimals, with a true minus. */
export const decimals = (value: number): string => value.toFixed(2).replace("-", "−");
