import { axisOf, labelsOf } from "../description/axes.ts";
import { shown } from "../description/shown.ts";
import type { AnyBlock, Description, State } from "../description/types.ts";
import type { Control, Grid, Rows } from "../blocks/block.ts";
import type { Drawing } from "../layout/frame.ts";
import { type Box, MONO, outline, rect } from "../layout/frame.ts";
import type { Theme } from "../ink/theme.ts";
import { type Drawn, type DrawnNode, make } from "../layout/tree.ts";
import type { Cell } from "./hit.ts";
import { tiles } from "./tiles.ts";

/** A block as it stands in the page, with what its reader does there. */
export interface Panel {
  readonly d: Description;
  readonly block: AnyBlock;
  readonly drawing: Drawing;
  readonly grid: Grid | undefined;
  readonly controls: readonly Control[];
  readonly theme: Theme;
  /** Where the keyboard is. */
  readonly cell: Cell;
  readonly isFocused: boolean;
  readonly hovered: Cell | undefined;
  readonly table: Rows | undefined;
  onState(change: (state: State) => State): void;
  onPointer(event: PointerEvent, isClick: boolean): void;
  onLeave(): void;
  onKey(event: KeyboardEvent): void;
  onFocus(isFocused: boolean): void;
  onTable(): void;
}

/** A block: its choices, its drawing, the grid for keyboards and readers, and what is under the pointer in words. */
export function panel(p: Panel): DrawnNode {
  const title = shown(`${p.d.title}: ${p.block.block} ${p.block.id}`);
  const told = p.hovered ?? (p.isFocused ? p.cell : undefined);
  const words = told === undefined || p.grid === undefined ? "" : shown(p.grid.sentence(told.row, told.col));
  return make(
    "section",
    { "aria-label": title, key: p.block.id },
    controlsOf(p),
    make(
      "div",
      { class: p.drawing.fixed === undefined ? "canvas" : "canvas scrolled" },
      make(
        "div",
        { class: "sheet", style: { width: `${p.drawing.width}px`, height: `${p.drawing.height}px` } },
        ...fixedOf(p, told),
        ...tiles(p.drawing.layers ?? []),
        picture(p, told),
        p.grid === undefined || p.grid.rows * p.grid.cols === 0 ? null : gridOf(p, p.grid, title),
      ),
    ),
    make("p", { class: "told", "aria-hidden": "true" }, words),
    running(p, told),
    p.table === undefined ? null : tableOf(p.table, title),
  );
}

/** Labels over the drawing that stay where they are when it is scrolled, each in its direction, and the corner in both. */
function fixedOf(
  { drawing: { fixed, width, height }, theme }: Panel,
  told: Cell | undefined,
): readonly Drawn[] {
  if (fixed === undefined) return [];
  const [above, left] = (told && fixed.over?.(told.row, told.col)) ?? [null, null];
  const [x, y] = fixed.corner;
  const part = (key: string, box: Box, ...nodes: readonly Drawn[]): Drawn =>
    make(
      "div",
      { class: `fixed ${key}`, key, "aria-hidden": "true" },
      make(
        "svg",
        { width: box[0] + box[2], height: box[1] + box[3], "font-family": MONO },
        rect(box, theme.paper),
        ...nodes,
      ),
    );
  return [
    part("above", [x, 0, width - x, y], fixed.above, above),
    part("left", [0, y, x - 1, height - y], fixed.left, left),
    part("above left", [0, 0, x - 1, y]),
  ];
}

function picture({ drawing, theme }: Panel, told: Cell | undefined): Drawn {
  const box = told === undefined ? undefined : drawing.box?.(told.row, told.col);
  const { width, height } = drawing;
  return make(
    "svg",
    {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "font-family": MONO,
      "aria-hidden": "true",
      focusable: "false",
    },
    drawing.node,
    told === undefined ? null : (drawing.over?.(told.row, told.col) ?? null),
    box === undefined || !box.every(Number.isFinite) ? null : outline(box, theme),
  );
}

/** One tab stop: what is current is in a cell that only readers of the page's structure see. */
function gridOf(p: Panel, grid: Grid, title: string): Drawn {
  const id = `cell-${p.block.id.replaceAll(/[^\w-]/g, "_")}`;
  const { row, col } = p.cell;
  return make(
    "div",
    {
      class: "grid",
      role: "grid",
      tabindex: 0,
      "aria-label": title,
      "aria-rowcount": grid.rows,
      "aria-colcount": grid.cols,
      "aria-activedescendant": id,
      onKeyDown: (event: KeyboardEvent) => p.onKey(event),
      onPointerMove: (event: PointerEvent) => p.onPointer(event, false),
      onPointerLeave: () => p.onLeave(),
      onClick: (event: PointerEvent) => p.onPointer(event, true),
      onFocus: () => p.onFocus(true),
      onBlur: () => p.onFocus(false),
    },
    make(
      "div",
      { role: "row", class: "hidden", "aria-rowindex": row + 1 },
      make("div", { role: "gridcell", id, "aria-colindex": col + 1 }, shown(grid.sentence(row, col))),
    ),
  );
}

/** The prompt, where columns are tokens whose labels have no room: it follows the pointer. */
function running({ d, block, hovered }: Panel, told: Cell | undefined): Drawn {
  const name = (block as { readonly cols?: unknown }).cols;
  if (typeof name !== "string" || (hovered ?? told) === undefined) return null;
  const axis = axisOf(d, name);
  if (axis.kind !== "token" || axis.labels.length <= 60) return null;
  const at = (hovered ?? told)?.col ?? 0;
  const from = Math.max(0, at - 20);
  const labels = labelsOf(axis).slice(from, at + 20);
  return make(
    "p",
    { class: "prompt", "aria-hidden": "true" },
    ...labels.flatMap((label, i) => [make(from + i === at ? "mark" : "bdi", {}, label), " "]),
  );
}

function controlsOf(p: Panel): Drawn {
  if (p.controls.length === 0) return null;
  const fields = p.controls.map((control) =>
    make("label", { key: control.name }, control.label, field(p, control)),
  );
  return make("div", { class: "controls" }, ...fields);
}

function field(p: Panel, control: Control): Drawn {
  const value = (event: Event): string => (event.currentTarget as HTMLInputElement).value; // the handler stands on the field
  if (control.kind === "choice") {
    const options = control.options.map(([key, name]) =>
      make("option", { value: key, selected: key === control.value }, name),
    );
    return make(
      "select",
      { onChange: (event: Event) => p.onState((state) => control.set(state, value(event))) },
      ...options,
    );
  }
  if (control.kind === "text")
    return make("input", {
      type: "text",
      value: control.value,
      onInput: (event: Event) => p.onState((state) => control.set(state, value(event))),
    });
  const { low: min, high: max, step } = control;
  return make("input", {
    type: "range",
    min,
    max,
    step,
    value: control.value,
    onInput: (event: Event) => p.onState((state) => control.set(state, Number(value(event)))),
  });
}

function tableOf({ columns, rows }: Rows, title: string): Drawn {
  const names = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
  const body = rows.map((row) =>
    make(
      "tr",
      {},
      ...row.map((cell) =>
        make(
          "td",
          {},
          make("bdi", {}, typeof cell === "number" ? String(Number(cell.toPrecision(6))) : cell),
        ),
      ),
    ),
  );
  return make(
    "div",
    { class: "tablebox", tabindex: 0, role: "region", "aria-label": `${title}, table` },
    make("table", {}, make("thead", {}, names), make("tbody", {}, ...body)),
  );
}
