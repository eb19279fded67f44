import { shown } from "@hookdict/viz";
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
const MOST = 2000;

/** A text that others wrote, of a model, a prompt or an error: as pictures show texts, with its lines, and not without end. */
export function told(text: string): VNode {
  const words = text.slice(0, MOST).split("\n").map(shown).join("\n");
  return el("bdi", {}, words.length > MOST || text.length > MOST ? `${words.slice(0, MOST)}…` : words);
}
