import { axisOf, labelsOf, placeName } from "../../description/axes.ts";
import { decimals, farthest } from "../../description/numbers.ts";
import { cut, shown } from "../../description/shown.ts";
import { widthOf } from "../../description/width.ts";
import type { Description, Scale } from "../../description/types.ts";
import { centreOf, isCut, scaleOf } from "../../ink/scale.ts";
import { painted, rampInWords, rampOfText, scaleInWords, paragraph, told } from "../../layout/paint.ts";
import type { TextOptions } from "../block.ts";
import { type Tokens, WINDOW } from "../tokens.ts";

/** Tokens in lines, each on its colour. */
export function tokensText(d: Description, b: Tokens, options: TextOptions): string {
  const axis = axisOf(d, b.axis);
  const title = b.title === undefined ? [] : told([shown(b.title)], options);
  if (axis.labels.length === 0) return [...title, "no tokens"].join("\n");
  const channel = b.channels[0];
  const scale: Scale | undefined = channel === undefined ? undefined : scaleOf(d, channel.scale);
  const lines: string[] = [...title];
  // Without colours, what they would say stands below each token.
  const hasRamp = scale !== undefined && options.colour === 0;
  let [line, below, used] = ["", "", 0];
  const end = (): void => {
    lines.push(line, ...(hasRamp && below.trim() !== "" ? [below.trimEnd()] : []));
    [line, below, used] = ["", "", 0];
  };
  for (const [i, label] of labelsOf(axis).slice(0, WINDOW).entries()) {
    const short = cut(label, options.columns);
    const room = widthOf(short);
    if (used > 0 && used + 1 + room > options.columns) end();
    const value = channel?.values[i] ?? Number.NaN;
    line += (used > 0 ? " " : "") + (scale === undefined ? short : painted(short, scale, value, options));
    if (hasRamp) below += (used > 0 ? " " : "") + rampOfText(scale, value).repeat(room);
    used += (used > 0 ? 1 : 0) + room;
  }
  end();
  const more = axis.labels.length > WINDOW ? [`the first ${WINDOW} of ${axis.labels.length} tokens`] : [];
  if (channel === undefined || scale === undefined) return [...lines, ...told(more, options)].join("\n");
  if (b.bare === true) return [...lines, ...told(more, options)].join("\n");
  const best = farthest(channel.values, centreOf(scale), 3).map(
    (i) => `${placeName(axis, i)}: ${decimals(channel.values[i] ?? 0, 2)}`,
  );
  const words = [...scaleInWords(scale, isCut(scale, channel.values)), rampInWords(scale, options), ...more];
  return [...lines, ...told(words, options), ...paragraph(`largest: ${best.join("; ")}`, options)].join("\n");
}
