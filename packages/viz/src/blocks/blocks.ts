import { bands } from "./bands.ts";
import { bars } from "./bars.ts";
import type { BlockKind } from "./block.ts";
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

/** Every kind of block that is built in, in alphabetical order. */
// The kind of each block takes that block alone: which one it is, is found by its name.
export const BLOCKS: readonly BlockKind[] = [
  bands,
  bars,
  facets,
  graph,
  histogram,
  lines,
  matrix,
  points,
  raster,
  table,
  tokens,
  tree,
];
