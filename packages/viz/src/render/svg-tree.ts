import { most } from "../description/numbers.ts";
import { shown } from "../description/shown.ts";
import { type AnyBlock, type Description, NO_STATE, type State } from "../description/types.ts";
import { type ThemeName, themeOf } from "../ink/theme.ts";
import { type Drawing, type Drawn, group, MONO, px, rect, text } from "../layout/frame.ts";
import type { Layer } from "../layout/layer.ts";
import { wrapWords } from "../layout/legend.ts";
import { type DrawnNode, make } from "../layout/tree.ts";
import { type BlocksOption, kindOf } from "./check.ts";

/** How a picture is drawn. */
export interface SvgOptions extends BlocksOption {
  /** Pixels, from 200 to 8,000; 960 unless given. */
  readonly width?: number;
  readonly theme?: ThemeName;
  readonly state?: State;
}

const GAP = 24;
/** Blocks stand beside each other from this width on. */
const WIDE = 860;
const PAD = 16;

/** A block drawn at its place. */
interface Set {
  readonly drawing: Drawing;
  readonly at: readonly [number, number];
}

/** A picture that was checked as a tree of SVG, its layers at the addresses that `hrefOf` gives. */
export function svgTree(d: Description, options: SvgOptions, hrefOf: (layer: Layer) => string): DrawnNode {
  const { width = 960, theme: name = "light", state = NO_STATE } = options;
  const theme = themeOf(name);
  const inner = width - 2 * PAD;
  const head = heading(d, inner, name);
  const { sets, height: body } = setBlocks(d.blocks, inner, (block, room) =>
    kindOf(block, options).svg(d, block, { width: room, theme, state }),
  );
  const source = sourceInWords(d);
  const foot = wrapWords(source, Math.floor(inner / 6)).map((each, i) =>
    text(PAD, head.height + body + 24 + i * 13, each, { size: 10, fill: theme.soft, sans: true }),
  );
  const height = Math.ceil(head.height + body + 24 + foot.length * 13 + 4);
  return make(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "font-family": MONO,
      role: "img",
      "aria-label": shown(d.title),
    },
    rect([0, 0, width, height], theme.paper),
    group(head.nodes, [PAD, 0]),
    ...sets.map(({ drawing, at }) =>
      group(
        [...(drawing.layers ?? []).map((layer) => image(layer, hrefOf(layer))), drawing.node],
        [PAD + at[0], head.height + at[1]],
      ),
    ),
    ...foot,
  );
}

/** A layer as a picture inside. */
function image({ box: [x, y, width, height], opacity, smooth = false }: Layer, href: string): Drawn {
  return make("image", {
    x: px(x),
    y: px(y),
    width: px(width),
    height: px(height),
    preserveAspectRatio: "none",
    "image-rendering": smooth ? "auto" : "pixelated",
    ...(opacity !== undefined && { opacity }),
    href,
  });
}

/** Title and caption. */
function heading(
  d: Description,
  width: number,
  name: ThemeName,
): { readonly nodes: readonly Drawn[]; readonly height: number } {
  const theme = themeOf(name);
  const titles = wrapWords(shown(d.title), Math.max(8, Math.floor(width / 9.4)));
  const captions =
    d.caption === undefined ? [] : wrapWords(shown(d.caption), Math.max(8, Math.floor(width / 6.6)));
  const nodes = [
    ...titles.map((each, i) =>
      text(0, 26 + i * 20, each, { size: 16, bold: true, sans: true, fill: theme.ink }),
    ),
    ...captions.map((each, i) =>
      text(0, 26 + titles.length * 20 + i * 15, each, { size: 12, sans: true, fill: theme.soft }),
    ),
  ];
  return { nodes, height: 20 + titles.length * 20 + captions.length * 15 };
}

/** Blocks one below the other, and beside each other where they may and there is room. */
function setBlocks(
  blocks: readonly AnyBlock[],
  width: number,
  draw: (block: AnyBlock, room: number) => Drawing,
): { readonly sets: readonly Set[]; readonly height: number } {
  const sets: Set[] = [];
  let y = 0;
  for (const together of rowsOf(blocks, width)) {
    const room = (width - (together.length - 1) * GAP) / together.length;
    const row = together.map((block) => draw(block, room));
    row.forEach((drawing, k) => sets.push({ drawing, at: [k * (room + GAP), y] }));
    y += most(row, ({ height }) => height) + GAP;
  }
  return { sets, height: Math.max(0, y - GAP) };
}

/** Blocks that stand in one row: those that may stand beside the one before, where there is room. */
export function rowsOf(blocks: readonly AnyBlock[], width: number): readonly (readonly AnyBlock[])[] {
  const rows: AnyBlock[][] = [];
  for (const block of blocks) {
    const last = rows.at(-1);
    if (width >= WIDE && block.beside === true && last !== undefined) last.push(block);
    else rows.push([block]);
  }
  return rows;
}

/** Where the numbers come from, in one line. */
export function sourceInWords({ source }: Description): string {
  const { model, prompt, date, seed, n, interval, hookdict } = source;
  return [
    model === undefined ? "" : shown(model),
    prompt === undefined ? "" : `“${shown(prompt.length > 200 ? `${prompt.slice(0, 200)}…` : prompt)}”`,
    n === undefined ? "" : `n = ${n}`,
    interval === undefined ? "" : `${Math.round(interval * 1000) / 10} % intervals`,
    seed === undefined ? "" : `seed ${seed}`,
    date === undefined ? "" : shown(date),
    `hookdict ${shown(hookdict)}`,
  ]
    .filter((each) => each !== "")
    .join(" · ");
}
