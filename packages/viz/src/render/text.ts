import { checkOptions } from "../checks/checked.ts";
import { type Fit, maybe, number } from "../checks/fit.ts";
import { BLOCKS_OPTION, THEME_NAME } from "../checks/shapes.ts";
import type { TextOptions } from "../blocks/block.ts";
import { cut, shown } from "../description/shown.ts";
import type { Description } from "../description/types.ts";
import { bold, paragraph } from "../layout/paint.ts";
import { optionInvalid } from "../errors.ts";
import { type BlocksOption, checkDescription, kindOf } from "./check.ts";
import { sourceInWords } from "./svg-tree.ts";
import { terminal } from "#terminal";

/** How a picture is written for a terminal. What is not given is asked of the terminal. */
export interface ToTextOptions extends Partial<TextOptions>, BlocksOption {}

const OPTIONS: Readonly<Record<string, Fit>> = {
  ...BLOCKS_OPTION,
  columns: maybe(number),
  colour: maybe(number),
  theme: maybe(THEME_NAME),
};

/**
 * A picture as lines of text, none wider than `columns`.
 *
 * @throws ViewError `VIEW_INVALID`, `BLOCK_UNKNOWN`, `VIEW_OPTION`
 */
export function toText(d: Description, given: ToTextOptions = {}): string {
  checkOptions(OPTIONS, given);
  const { columns = terminal.columns(), colour = terminal.colour(), theme = terminal.theme() } = given;
  if (!(Number.isInteger(columns) && columns >= 20 && columns <= 10_000))
    throw optionInvalid("columns", columns, "a whole number from 20 to 10,000");
  if (![0, 1, 2, 3].includes(colour)) throw optionInvalid("colour", colour, "0, 1, 2 or 3");
  checkDescription(d, given);
  const options: TextOptions = { columns, colour, theme };
  const title = bold(cut(shown(d.title), columns), options);
  const caption = d.caption === undefined ? [] : paragraph(shown(d.caption), options);
  const blocks = d.blocks.map((block) => kindOf(block, given).text(d, block, options));
  const source = paragraph(sourceInWords(d), options);
  return [[title, ...caption].join("\n"), ...blocks, source.join("\n")].join("\n\n");
}
