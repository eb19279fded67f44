import { brief, extent } from "../../description/numbers.ts";
import { cut, fill, shown } from "../../description/shown.ts";
import type { Description } from "../../description/types.ts";
import { themeOf } from "../../ink/theme.ts";
import { tinted, told } from "../../layout/paint.ts";
import type { TextOptions } from "../block.ts";
import type { Histogram } from "../histogram.ts";

export function histogramText(_: Description, b: Histogram, options: TextOptions): string {
  const top = Math.max(1, extent(b.counts)[1]);
  const room = Math.max(1, options.columns - 26);
  const lines = [...b.counts].map((count, i) => {
    const name = `${fill(brief(b.edges[i] ?? 0), 7, "left")} to ${fill(brief(b.edges[i + 1] ?? 0), 7)}`;
    const bar = tinted(
      "█".repeat(Math.round((count / top) * room)),
      themeOf(options.theme).positive,
      options,
    );
    const head = cut(`${name} ${fill(brief(count), 6, "left")} `, options.columns);
    return options.columns > 26 ? head + bar : head;
  });
  const marks = (b.marks ?? []).map(({ value, label }) => `${shown(label)}: ${brief(value)}`);
  return [...lines, ...told([`count by ${shown(b.title)}`, ...marks], options)].join("\n");
}
