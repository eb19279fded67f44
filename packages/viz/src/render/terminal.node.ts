import { Ansis } from "ansis";
import type { ThemeName } from "../ink/theme.ts";
import type { TextOptions } from "../blocks/block.ts";

/** What the terminal of this process is like. */
export const terminal: { columns(): number; colour(): TextOptions["colour"]; theme(): ThemeName } = {
  columns: () => Math.max(20, process.stdout.columns ?? 80),
  colour: () => Math.min(3, new Ansis().level) as TextOptions["colour"], // levels are 0 to 3
  theme: () => {
    // The last number of COLORFGBG is the ground: 7 and 15 are light.
    const ground = process.env["COLORFGBG"]?.split(";").at(-1);
    return ground === "7" || ground === "15" ? "light" : "dark";
  },
};
