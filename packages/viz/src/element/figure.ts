import { shown } from "../description/shown.ts";
import type { AnyBlock, Description } from "../description/types.ts";
import { isDiverging } from "../ink/scale.ts";
import { type Drawn, type DrawnNode, make } from "../layout/tree.ts";
import { rowsOf, sourceInWords } from "../render/svg-tree.ts";
import { type ExportKind, EXPORTS } from "./exports.ts";

/** Pixels between blocks that stand beside each other. */
const GAP = 24;

/** A whole view: its title with buttons, its blocks in rows, each in the room it has, and where the numbers come from. */
export function figure(
  d: Description,
  width: number,
  draw: (block: AnyBlock, room: number) => DrawnNode,
  onButton: (kind?: ExportKind) => void,
): DrawnNode {
  const rows = rowsOf(d.blocks, width).map((blocks) => {
    const room = Math.floor((width - (blocks.length - 1) * GAP) / blocks.length);
    return make("div", { class: "row" }, ...blocks.map((block) => draw(block, room)));
  });
  const caption = d.caption === undefined ? null : make("p", {}, make("bdi", {}, shown(d.caption)));
  const isSigned = Object.values(d.scales).some(isDiverging);
  const marks = isSigned ? make("p", { class: "forced" }, "dashed: below the centre") : null;
  const source = make("p", {}, make("bdi", {}, sourceInWords(d)));
  return make("figure", {}, head(d, onButton), caption, ...rows, marks, source);
}

/** A view's title, and the buttons for its files and for the full screen, which has no kind; a page adds its own in the slot. */
function head(d: Description, onButton: (kind?: ExportKind) => void): DrawnNode {
  const button = (name: string, kind?: ExportKind): Drawn =>
    make("button", { type: "button", onClick: () => onButton(kind) }, name);
  return make(
    "div",
    { class: "head" },
    make("h2", {}, make("bdi", {}, shown(d.title))),
    make(
      "div",
      { class: "tools" },
      ...EXPORTS.map((kind) => button(kind.toUpperCase(), kind)),
      button("full screen"),
      make("slot", { name: "tools" }),
    ),
  );
}
