import type { AnyBlock } from "../description/types.ts";
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

/** The kind of each block takes that block alone: which one it is, is found by its name. */
const kind = <B extends AnyBlock>(given: BlockKind<B>): BlockKind => given as unknown as BlockKind;

/** Every kind of block that is built in, in alphabetical order. */
export const BLOCKS: readonly BlockKind[] = [
  kind(bands),
  kind(bars),
  kind(facets),
  kind(graph),
  kind(histogram),
  kind(lines),
  kind(matrix),
  kind(points),
  kind(raster),
  kind(table),
  kind(tokens),
  kind(tree),
];
