import { type Drawn, type DrawnNode, make as el, shown } from "@hookdict/viz";

export { type Drawn, type DrawnNode, el };
/** A button that does something. */
export const button = (label: string, onClick: () => void, more: Record<string, unknown> = {}): DrawnNode =>
  el("button", { type: "button", onClick, ...more }, label);
/** Names a button of many with the same label by what it is for: those who hear it do not see what it stands beside. */
export const named = (label: string, entry: string): Record<string, unknown> => ({
  "aria-label": `${label}: ${shown(entry)}`,
});
/** Two decimals, with a true minus; a dash for what is no number. */
export const decimals = (value: number): string =>
  Number.isNaN(value) ? "–" : value.toFixed(2).replace("-", "−");
const MOST = 2000;

/** A text that others wrote, of a model, a prompt or an error: as pictures show texts, with its lines, and not without end. */
export function told(text: string): DrawnNode {
  const words = text.slice(0, MOST).split("\n").map(shown).join("\n");
  return el("bdi", {}, words.length > MOST || text.length > MOST ? `${words.slice(0, MOST)}…` : words);
}
