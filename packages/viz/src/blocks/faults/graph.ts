import { fields, listOf, maybe, number, string, type Fit } from "../../checks/fit.ts";
import { NODE, LINK } from "../../checks/shapes.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Graph } from "../graph-layout.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  pos: string,
  layer: string,
  scale: string,
  nodes: listOf(NODE),
  links: listOf(LINK),
  total: maybe(fields({ nodes: number, links: number })),
};

/** What does not fit in a circuit. */
export function graphFaults(d: Description, b: Graph): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const [positions, layers] = [found.axis("pos", b.pos), found.axis("layer", b.layer)];
  found.scale(b.scale);
  const ids = new Set(b.nodes.map(({ id }) => id));
  if (ids.size !== b.nodes.length) found.add("two of its nodes have one id");
  const isIndex = (value: number, count: number): boolean =>
    Number.isInteger(value) && value >= 0 && value < count;
  const lost = b.nodes.find(({ pos, layer }) => !isIndex(pos, positions) || !isIndex(layer, layers));
  if (lost !== undefined)
    found.add(
      `the node ${JSON.stringify(lost.id)} is at position ${lost.pos} of ${positions} and layer ${lost.layer} of ${layers}`,
    );
  const loose = b.links.find(({ from, to }) => !ids.has(from) || !ids.has(to));
  if (loose !== undefined)
    found.add(
      `a link goes from ${JSON.stringify(loose.from)} to ${JSON.stringify(loose.to)}, and one of them is no node`,
    );
  return found.all;
}
