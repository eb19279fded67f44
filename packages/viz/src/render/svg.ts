import { checkOptions } from "../checks/checked.ts";
import { maybe, number } from "../checks/fit.ts";
import { BLOCKS_OPTION, STATE, THEME_NAME } from "../checks/shapes.ts";
import type { Description } from "../description/types.ts";
import { optionInvalid } from "../errors.ts";
import { layerPng } from "../layout/png.ts";
import { checkDescription } from "./check.ts";
import { markup } from "./markup.ts";
import { type SvgOptions, svgTree } from "./svg-tree.ts";

/**
 * A picture as SVG: a whole document by itself, that needs nothing else, whatever the texts in it are.
 *
 * @throws ViewError `VIEW_INVALID`, `BLOCK_UNKNOWN`, `VIEW_OPTION`
 */
export function toSVG(d: Description, options: SvgOptions = {}): string {
  checkOptions(
    { ...BLOCKS_OPTION, width: maybe(number), theme: maybe(THEME_NAME), state: maybe(STATE) },
    options,
  );
  const { width = 960 } = options;
  if (!(Number.isFinite(width) && width >= 200 && width <= 8000))
    throw optionInvalid("width", width, "a number of pixels from 200 to 8,000");
  checkDescription(d, options);
  return markup(svgTree(d, options, layerPng));
}
