import { cut } from "../../description/shown.ts";
import { type Description, NO_STATE } from "../../description/types.ts";
import type { TextOptions } from "../block.ts";
import { type Tree, MOST, linesOf, words } from "../tree.ts";

export function treeText(_: Description, b: Tree, { columns }: TextOptions): string {
  const lines = linesOf(b, NO_STATE);
  const seen = lines.slice(0, MOST).map((each) => cut(`${"  ".repeat(each.depth)}${words(each)}`, columns));
  const more = lines.length > MOST ? [cut(`${lines.length - MOST} more lines`, columns)] : [];
  return [...seen, ...more, cut(`${b.items.length} sites; ● has hooks, ✕ never fired`, columns)].join("\n");
}
