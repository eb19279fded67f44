import { axisOf, labelsOf } from "../../description/axes.ts";
import { decimals } from "../../description/numbers.ts";
import { cut, shown } from "../../description/shown.ts";
import { type Description, NO_STATE } from "../../description/types.ts";
import { columnsOf, told } from "../../layout/paint.ts";
import type { TextOptions } from "../block.ts";
import { countsInWords, type Graph, linksInWords, seenOf } from "../graph-layout.ts";

/** The nodes with the most influence, with their strongest links. */
export function graphText(d: Description, b: Graph, options: TextOptions): string {
  const seen = seenOf(b, NO_STATE);
  const [pos, layer] = [axisOf(d, b.pos), axisOf(d, b.layer)];
  const head = ["node", layer.title, pos.title, "influence", "links"];
  const list = seen.nodes
    .slice(0, 20)
    .map((node) => [
      cut(shown(node.label), 24),
      labelsOf(layer)[node.layer] ?? "",
      labelsOf(pos)[node.pos] ?? "",
      decimals(node.influence, 3),
      linksInWords(seen, node.id, 2),
    ]);
  return [...columnsOf([head, ...list], options.columns), ...told([countsInWords(b, seen)], options)].join(
    "\n",
  );
}
