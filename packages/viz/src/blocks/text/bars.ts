import { decimals, most } from "../../description/numbers.ts";
import { cut, fill } from "../../description/shown.ts";
import { widthOf } from "../../description/width.ts";
import { type Description, NO_STATE } from "../../description/types.ts";
import { scaleOf } from "../../ink/scale.ts";
import { themeOf } from "../../ink/theme.ts";
import { paragraph, tinted, told } from "../../layout/paint.ts";
import type { TextOptions } from "../block.ts";
import { type Bars, barsOf } from "../bars.ts";

export function barsText(d: Description, b: Bars, options: TextOptions): string {
  const bars = barsOf(d, b, NO_STATE);
  const scale = scaleOf(d, b.scale);
  const side = Math.min(
    Math.floor(options.columns / 3),
    most(bars, ({ label }) => widthOf(label)),
  );
  const room = Math.max(0, options.columns - side - 12);
  const largest = bars.reduce(
    (top, { value }) => (Number.isFinite(value) ? Math.max(top, Math.abs(value)) : top),
    1e-12,
  );
  const theme = themeOf(options.theme);
  const lines = bars.map(({ label, value }) => {
    const length = Number.isFinite(value) ? Math.round((Math.abs(value) / largest) * room) : 0;
    const bar = tinted(
      (value < 0 ? "▒" : "█").repeat(length),
      value < 0 ? theme.negative : theme.positive,
      options,
    );
    return (
      cut(`${fill(label, side)} ${fill(decimals(value, 2), 9, "left")} `, options.columns) +
      (room > 0 ? bar : "")
    );
  });
  const words = [`${scale.title}${scale.unit === undefined ? "" : ` (${scale.unit})`}`, "▒ below 0"];
  return [
    ...lines,
    ...told(words, options),
    ...(bars.length === 0 ? paragraph("no bars", options) : []),
  ].join("\n");
}
