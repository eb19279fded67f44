import { renderToString } from "preact-render-to-string";
import type { Description } from "../description/types.ts";
import { layerPng } from "../layout/png.ts";
import { type SvgOptions, svgTree } from "./svg-tree.ts";

/**
 * A picture as SVG: a whole document by itself, that needs nothing else, whatever the texts in it are.
 *
 * @throws ViewError `VIEW_INVALID`, `BLOCK_UNKNOWN`, `VIEW_OPTION`
 */
export function toSVG(d: Description, options: SvgOptions = {}): string {
  return renderToString(svgTree(d, options, layerPng));
}
