import { globToRegExp } from "../description/glob.ts";
import { cut, shown } from "../description/shown.ts";
import type { AnyBlock, Description, State } from "../description/types.ts";
import { type Box, cellsIn, type Drawing, type Drawn, type Frame, group, text } from "../layout/frame.ts";
import { type DrawnKind, type Control, chosen, type Grid, type Rows } from "./block.ts";
import { typed } from "./controls.ts";

/** A site of a model, with what stands on it. */
export interface TreeItem {
  /** Dotted path; what stands before its last dot holds it. */
  readonly path: string;
  readonly type: string;
  /** Direction, owner and function of each hook. */
  readonly hooks: readonly string[];
  /** Shape of the last value; none where none is known. */
  readonly shape?: readonly number[];
  /** Whether its hooks fired in the last run; absent where that is not known. */
  readonly fired?: boolean;
}

/** Sites and their hooks. */
export interface Tree extends AnyBlock {
  readonly block: "tree";
  readonly items: readonly TreeItem[];
}

const LINE = 19;
/** Lines that are drawn. */
export const MOST = 400;
/** Larger trees begin folded. */
const OPEN = 60;

/** A line: a site, or a folder of sites. */
interface Line {
  readonly path: string;
  readonly depth: number;
  readonly name: string;
  readonly item: TreeItem | undefined;
  readonly inside: number;
  readonly isFolded: boolean;
}

/** Items that a glob matches; all where there is none. */
function matching(b: Tree, state: State): readonly TreeItem[] {
  const filter = chosen(state, b, "filter", "").trim();
  if (filter === "") return b.items;
  const glob = globToRegExp(filter);
  return b.items.filter(({ path }) => glob.test(path));
}

function isFolded(b: Tree, path: string, depth: number, state: State): boolean {
  const isOpen = b.items.length <= OPEN || depth < 1 || chosen(state, b, "filter", "") !== "";
  const isTouched = state.hidden.includes(`${b.id}.${path}`);
  return isOpen === isTouched;
}

/** Lines in the order of paths; folders with one line for all that they hold, while folded. */
export function linesOf(b: Tree, state: State): readonly Line[] {
  const items = matching(b, state);
  const byPath = new Map(items.map((item) => [item.path, item]));
  const count = new Map<string, number>();
  // What is inside of what: sites of one folder need not follow each other.
  const inside = new Map<string | undefined, Set<string>>();
  for (const { path } of items) {
    const segments = path.split(".");
    let folder: string | undefined;
    segments.forEach((_, i) => {
      const own = segments.slice(0, i + 1).join(".");
      inside.set(folder, (inside.get(folder) ?? new Set()).add(own));
      if (i + 1 < segments.length) count.set(own, (count.get(own) ?? 0) + 1);
      folder = own;
    });
  }
  const lines: Line[] = [];
  const put = (path: string, depth: number): void => {
    const many = count.get(path) ?? 0;
    const isClosed = many > 0 && isFolded(b, path, depth, state);
    const name = path.split(".").at(-1) ?? "";
    lines.push({ path, depth, name, item: byPath.get(path), inside: many, isFolded: isClosed });
    if (!isClosed) for (const each of inside.get(path) ?? []) put(each, depth + 1);
  };
  for (const each of inside.get(undefined) ?? []) put(each, 0);
  return lines;
}

/** Everything about a line, in words. */
export function words({ item, name, inside, isFolded: folded }: Line): string {
  const hooks = item?.hooks ?? [];
  const mark = hooks.length === 0 ? "" : item?.fired === false ? " ✕ never fired" : " ●";
  const shape = item?.shape === undefined ? "" : ` [${item.shape.join(", ")}]`;
  const told = hooks.length === 0 ? "" : `${item?.fired === false ? ":" : ""} ${hooks.map(shown).join("; ")}`;
  const fold = inside === 0 ? "" : folded ? `▸ ` : "▾ ";
  return `${fold}${shown(name)}${shape}${mark}${told}${folded ? ` (${inside} inside)` : ""}`;
}

function draw(_: Description, b: Tree, { theme, state, width }: Frame): Drawing {
  const lines = linesOf(b, state);
  const seen = lines.slice(0, MOST);
  const nodes = seen.map((each, i): Drawn => {
    const x = each.depth * 16 + 4;
    const hasHooks = (each.item?.hooks.length ?? 0) > 0;
    return text(x, 16 + i * LINE, cut(words(each), cellsIn(width - x, 11)), {
      fill: hasHooks || each.inside > 0 ? theme.ink : theme.soft,
      bold: hasHooks,
    });
  });
  const more = lines.length > seen.length ? `${lines.length - seen.length} more lines: fold or filter` : "";
  const filter = chosen(state, b, "filter", "");
  const count =
    filter === ""
      ? `${b.items.length} sites`
      : `${matching(b, state).length} of ${b.items.length} sites match ${shown(filter)}`;
  const height = Math.max(1, seen.length) * LINE;
  return {
    node: group([
      ...nodes,
      text(4, height + 20, [count, more].filter((each) => each !== "").join("; "), {
        fill: theme.soft,
        sans: true,
      }),
    ]),
    width,
    height: height + 28,
    area: { box: [0, 3, width, seen.length * LINE], rows: seen.length, cols: 1 },
    box: (row): Box | undefined => (row < seen.length ? [0, 3 + row * LINE, width, LINE] : undefined),
  };
}

function grid(_: Description, b: Tree, state: State): Grid {
  const lines = linesOf(b, state);
  return {
    rows: lines.length,
    cols: 1,
    value: (row) => lines[row]?.item?.hooks.length ?? 0,
    sentence: (row) => {
      const own = lines[row];
      return own === undefined ? "" : `${shown(own.path)}: ${words(own)}`;
    },
    at: () => ({}),
    name: (row) => `${b.id}.${lines[row]?.path ?? ""}`,
  };
}

function rows(_: Description, b: Tree): Rows {
  return {
    columns: ["path", "type", "shape", "hooks", "fired"],
    rows: b.items.map(({ path, type, shape, hooks, fired }) => [
      shown(path),
      shown(type),
      shape?.join(" ") ?? "",
      hooks.map(shown).join("; "),
      fired === undefined ? "" : String(fired),
    ]),
  };
}

const controls = (_: Description, b: Tree, state: State): readonly Control[] => [
  typed(state, b, "filter", "glob"),
];

/** Sites and their hooks. */
export const tree: DrawnKind<Tree> = { block: "tree", svg: draw, rows, grid, controls };
