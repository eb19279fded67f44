import { axisOf, select } from "../description/axes.ts";
import { shown } from "../description/shown.ts";
import { type AnyBlock, type Description, NO_STATE, type State } from "../description/types.ts";
import type { BlockKind, Grid } from "../blocks/block.ts";
import { type ThemeName, themeOf } from "../ink/theme.ts";
import type { Drawing } from "../layout/frame.ts";
import { type DrawnNode, make } from "../layout/tree.ts";
import { render } from "./dom.ts";
import { checkDescription, kindOf } from "../render/check.ts";
import { fromJSON } from "../render/json.ts";
import { download, exported, type ExportKind } from "./exports.ts";
import type { Extra } from "./extra.ts";
import { figure } from "./figure.ts";
import { type Cell, cellAt, reveal } from "./hit.ts";
import { moved } from "./keys.ts";
import { panel } from "./panel.ts";
import { shortened, within } from "./shortened.ts";
import { STYLE } from "./style.ts";

/** Node has no elements: there the class can be imported, and not be made. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement);

const START: Cell = { row: 0, col: 0 };
const HISTORY = 100;

/**
 * `<hookdict-view>`: a picture that can be walked through, changed and taken away. It takes its description as a property,
 * or as JSON in a script inside it. Events: `view-select` and `view-hover` tell coordinates by axis, `view-state` all
 * that its reader chose, `view-export` a file. Children with `slot="tools"` stand beside its own buttons.
 */
export class ViewElement extends Base {
  /** What the page's script adds for blocks that need it: zoom, and the layout of what is pinned. */
  static extras: readonly Extra[] = [];

  #description: Description | undefined;
  #kinds: readonly BlockKind[] = [];
  #state: State = NO_STATE;
  #history: State[] = [];
  #fault = "";
  #cells = new Map<string, Cell>();
  #hover: { readonly id: string; readonly cell: Cell } | undefined;
  #focused = "";
  #tables = new Set<string>();
  #drawn = new Map<string, { readonly key: readonly unknown[]; readonly drawing: Drawing }>();
  #undo: (() => void)[] = [];

  get description(): Description | undefined {
    return this.#description;
  }

  set description(d: Description | undefined) {
    this.#fault = "";
    try {
      if (d !== undefined) checkDescription(d, { blocks: this.#kinds });
    } catch (error) {
      this.#fault = String(error);
    }
    this.#description = d;
    this.#drawn.clear();
    this.#render();
  }

  /** Kinds of blocks besides those that are built in. */
  set blocks(kinds: readonly BlockKind[]) {
    this.#kinds = kinds;
    this.description = this.#description;
  }

  get state(): State {
    return this.#state;
  }

  set state(state: State) {
    this.#state = state;
    this.#render();
    this.#tell("view-state", { state });
  }

  /** Takes on what was selected elsewhere. */
  follow(at: Readonly<Record<string, number>>): void {
    const d = this.#description;
    if (d !== undefined) this.state = select(d, this.#state, at);
  }

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const resized = new ResizeObserver(() => this.#render());
    resized.observe(this);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const themed = (): void => this.#render();
    dark.addEventListener("change", themed);
    this.#undo = [() => resized.disconnect(), () => dark.removeEventListener("change", themed)];
    const inside = this.querySelector('script[type="application/json"]')?.textContent ?? "";
    if (this.#description === undefined && inside !== "") this.#read(inside);
    this.#render();
  }

  disconnectedCallback(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #read(json: string): void {
    try {
      this.description = fromJSON(json, { blocks: this.#kinds });
    } catch (error) {
      this.#fault = String(error);
    }
  }

  get #theme(): ThemeName {
    const given = this.dataset["theme"];
    if (given === "light" || given === "dark") return given;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  #render(): void {
    const root = this.shadowRoot;
    if (root === null || !this.isConnected || this.hidden) return;
    if (this.getAttribute("theme") !== this.#theme) this.setAttribute("theme", this.#theme);
    render(this.#told(), root);
    for (const extra of ViewElement.extras) extra(this, root);
  }

  /** The picture, or in words why there is none: an element is never blank. */
  #told(): DrawnNode {
    const d = this.#description;
    let fault = this.#fault === "" && d === undefined ? "No picture was given." : this.#fault;
    try {
      if (fault === "" && d !== undefined) return this.#tree(d);
    } catch (error) {
      fault = String(error);
    }
    return make("div", { class: "fault", role: "alert" }, shown(fault));
  }

  #tree(d: Description): DrawnNode {
    return figure(
      d,
      Math.max(240, Math.floor(this.clientWidth || 960)),
      (block, room) => this.#panel(d, block, room),
      (kind) => void (kind === undefined ? this.requestFullscreen?.() : this.export(kind)),
    );
  }

  #panel(d: Description, block: AnyBlock, width: number): DrawnNode {
    const kind = kindOf(block, { blocks: this.#kinds });
    const theme = themeOf(this.#theme);
    const key = [d, this.#state, width, theme];
    const known = this.#drawn.get(block.id);
    const drawing =
      known !== undefined && known.key.every((each, i) => each === key[i])
        ? known.drawing
        : kind.svg(d, block, { width, theme, state: this.#state, scrolls: true });
    this.#drawn.set(block.id, { key, drawing });
    const grid = kind.grid?.(d, block, this.#state);
    const cell = within(grid, this.#cells.get(block.id) ?? START);
    return panel({
      d,
      block,
      drawing,
      grid,
      controls: kind.controls?.(d, block, this.#state) ?? [],
      theme,
      cell,
      isFocused: this.#focused === block.id,
      hovered: this.#hover?.id === block.id ? this.#hover.cell : undefined,
      table: this.#tables.has(block.id) ? shortened(kind.rows?.(d, block)) : undefined,
      onState: (change) => this.#change(change(this.#state)),
      onPointer: (event, isClick) => this.#pointer(block, drawing, event, isClick),
      onLeave: () => this.#hovered(undefined),
      onKey: (event) => this.#key(block, grid, cell, event),
      onFocus: (isFocused) => {
        this.#focused = isFocused ? block.id : "";
        this.#render();
      },
      onTable: () => this.#toggleTable(block.id),
    });
  }

  #toggleTable(id: string): void {
    if (!this.#tables.delete(id)) this.#tables.add(id);
    this.#render();
  }

  #change(state: State): void {
    this.#history = [...this.#history, this.#state].slice(-HISTORY);
    this.state = state;
  }

  #pointer(block: AnyBlock, drawing: Drawing, event: PointerEvent, isClick: boolean): void {
    const own = event.currentTarget as HTMLElement; // the grid, whose handler this is
    const svg = own.parentElement?.querySelector("svg");
    const root = this.shadowRoot;
    if (svg === null || svg === undefined || root === null) return;
    const d = this.#description;
    const grid = d && kindOf(block, { blocks: this.#kinds }).grid?.(d, block, this.#state);
    const cell = grid && cellAt(drawing, grid, svg, root, event);
    if (!isClick) return this.#hovered(cell === undefined ? undefined : { id: block.id, cell });
    if (cell === undefined) return;
    this.#cells.set(block.id, cell);
    this.#choose(block, cell);
  }

  #hovered(hover: { readonly id: string; readonly cell: Cell } | undefined): void {
    const [old, d] = [this.#hover, this.#description];
    if (old?.id === hover?.id && old?.cell.row === hover?.cell.row && old?.cell.col === hover?.cell.col)
      return;
    this.#hover = hover;
    this.#render();
    const block = d?.blocks.find(({ id }) => id === hover?.id);
    const at =
      d === undefined || block === undefined || hover === undefined
        ? {}
        : (kindOf(block, { blocks: this.#kinds })
            .grid?.(d, block, this.#state)
            ?.at(hover.cell.row, hover.cell.col) ?? {});
    this.#tell("view-hover", { at });
  }

  /** Selects a cell; of a tree it folds or unfolds. */
  #choose(block: AnyBlock, cell: Cell): void {
    const d = this.#description;
    const grid =
      d === undefined ? undefined : kindOf(block, { blocks: this.#kinds }).grid?.(d, block, this.#state);
    if (d === undefined || grid === undefined) return;
    if (block.block === "tree") this.#toggle("hidden", grid.name?.(cell.row, cell.col));
    const at = grid.at(cell.row, cell.col);
    if (Object.keys(at).length > 0) this.#change(select(d, this.#state, at));
    this.#tell("view-select", {
      at,
      block: block.id,
      name: grid.name?.(cell.row, cell.col),
      told: grid.sentence(cell.row, cell.col),
      axes: Object.keys(at).map((name) => axisOf(d, name).title),
    });
  }

  #toggle(list: "hidden" | "pinned", name: string | undefined): void {
    if (name === undefined) return;
    const old = this.#state[list];
    this.#change({
      ...this.#state,
      [list]: old.includes(name) ? old.filter((each) => each !== name) : [...old, name],
    });
  }

  #key(block: AnyBlock, grid: Grid | undefined, cell: Cell, event: KeyboardEvent): void {
    if (grid === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = moved(grid, cell, event.key);
    const name = grid.name?.(cell.row, cell.col);
    if (to !== undefined) this.#cells.set(block.id, to);
    else if (event.key === "Enter" || event.key === " ") this.#choose(block, cell);
    else if (event.key === "t") return this.#toggleTable(block.id);
    else if (event.key === "p" && name !== undefined) this.#toggle("pinned", name);
    else if (event.key === "h" && name !== undefined) this.#toggle("hidden", name);
    else if (event.key === "u") this.state = this.#history.pop() ?? this.#state;
    else if (event.key === "Escape") this.#change({ ...this.#state, at: {} });
    else return;
    event.preventDefault();
    this.#render();
    const at = this.#description?.blocks.indexOf(block) ?? -1;
    const drawing = this.#drawn.get(block.id)?.drawing;
    const box = to === undefined ? undefined : drawing?.box?.(to.row, to.col);
    reveal(this.shadowRoot?.querySelectorAll(".canvas")[at], box, drawing?.fixed?.corner);
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  /** Makes a file of the view and offers it; whoever cancels `view-export` is given the file, and nothing is offered. */
  async export(kind: ExportKind, scale = 2): Promise<void> {
    const d = this.#description;
    if (d === undefined) return;
    const width = Math.max(240, this.clientWidth);
    const blob = await exported(d, kind, {
      width,
      theme: this.#theme,
      state: this.#state,
      scale: Math.max(1, Math.min(4, scale)),
    });
    const event = new CustomEvent("view-export", {
      detail: { kind, blob },
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (this.dispatchEvent(event)) download(blob, `${d.view}.${kind}`);
  }
}
