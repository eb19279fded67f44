import type { AnyBlock } from "../description/types.ts";
import type { BlockKind, DrawnKind } from "./block.ts";
import { bands } from "./bands.ts";
import { bars } from "./bars.ts";
import { facets } from "./facets.ts";
import { graph } from "./graph.ts";
import { histogram } from "./histogram.ts";
import { lines } from "./lines.ts";
import { matrix } from "./matrix.ts";
import { points } from "./points.ts";
import { raster } from "./raster.ts";
import { table } from "./table.ts";
import { tokens } from "./tokens.ts";
import { tree } from "./tree.ts";
import { bandsFaults } from "./faults/bands.ts";
import { barsFaults } from "./faults/bars.ts";
import { facetsFaults } from "./faults/facets.ts";
import { graphFaults } from "./faults/graph.ts";
import { histogramFaults } from "./faults/histogram.ts";
import { linesFaults } from "./faults/lines.ts";
import { matrixFaults } from "./faults/matrix.ts";
import { pointsFaults } from "./faults/points.ts";
import { rasterFaults } from "./faults/raster.ts";
import { tableFaults } from "./faults/table.ts";
import { tokensFaults } from "./faults/tokens.ts";
import { treeFaults } from "./faults/tree.ts";
import { bandsText } from "./text/bands.ts";
import { barsText } from "./text/bars.ts";
import { facetsText } from "./text/facets.ts";
import { graphText } from "./text/graph.ts";
import { histogramText } from "./text/histogram.ts";
import { linesText } from "./text/lines.ts";
import { matrixText } from "./text/matrix.ts";
import { pointsText } from "./text/points.ts";
import { rasterText } from "./text/raster.ts";
import { tableText } from "./text/table.ts";
import { tokensText } from "./text/tokens.ts";
import { treeText } from "./text/tree.ts";

/** How a kind is drawn, and how it is written and checked: apart, since the scripts of pages do neither of these. */
function kind<B extends AnyBlock>(
  drawn: DrawnKind<B>,
  others: Pick<BlockKind<B>, "text" | "faults">,
): BlockKind {
  // The kind of each block takes that block alone: which one it is, is found by its name.
  const whole: unknown = { ...drawn, ...others };
  return whole as BlockKind;
}

/** Every kind of block that is built in, in alphabetical order. */
export const BLOCKS: readonly BlockKind[] = [
  kind(bands, { text: bandsText, faults: bandsFaults }),
  kind(bars, { text: barsText, faults: barsFaults }),
  kind(facets, { text: facetsText, faults: facetsFaults }),
  kind(graph, { text: graphText, faults: graphFaults }),
  kind(histogram, { text: histogramText, faults: histogramFaults }),
  kind(lines, { text: linesText, faults: linesFaults }),
  kind(matrix, { text: matrixText, faults: matrixFaults }),
  kind(points, { text: pointsText, faults: pointsFaults }),
  kind(raster, { text: rasterText, faults: rasterFaults }),
  kind(table, { text: tableText, faults: tableFaults }),
  kind(tokens, { text: tokensText, faults: tokensFaults }),
  kind(tree, { text: treeText, faults: treeFaults }),
];
