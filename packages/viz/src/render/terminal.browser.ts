import type { ThemeName } from "../ink/theme.ts";
import type { TextOptions } from "../blocks/block.ts";

/** Pages have no terminal: text of 80 columns, without colours. */
export const terminal: { columns(): number; colour(): TextOptions["colour"]; theme(): ThemeName } = {
  columns: () => 80,
  colour: () => 0,
  theme: () => "light",
};
