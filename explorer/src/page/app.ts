import type { Description } from "@hookdict/viz";
import type { ViewElement } from "@hookdict/viz/element";
import { h, type VNode } from "preact";
import type { Deed, Prompts } from "../messages.ts";
import { deedInWords } from "./code.ts";
import { type State, TABS } from "./state.ts";

/** What the page's reader can do. */
export interface Acts {
  readonly set: (part: Partial<State>) => void;
  readonly look: () => void;
  readonly loadUrl: () => void;
  readonly loadBuiltIn: () => void;
  readonly loadFiles: (files: readonly File[]) => void;
  readonly restart: (backend: string) => void;
  readonly sweep: (over: "position" | "head") => void;
  readonly attribute: (over: "position" | "head") => void;
  readonly generate: () => void;
  readonly cancel: () => void;
  readonly deed: (deed: Deed) => void;
  readonly deeds: (deeds: readonly Deed[]) => void;
  readonly pin: () => void;
  readonly code: () => void;
  readonly link: () => void;
  readonly forget: (key: string) => void;
  readonly selected: (at: Readonly<Record<string, number>>) => void;
}

type Child = VNode | string | null;
const el = (tag: string, attributes: Record<string, unknown>, ...children: readonly Child[]): VNode =>
  h(tag, attributes as never, ...children) as VNode; // Preact's types know tags one by one
const button = (label: string, onClick: () => void, more: Record<string, unknown> = {}): VNode =>
  el("button", { type: "button", onClick, ...more }, label);
const decimals = (value: number): string => value.toFixed(2).replace("-", "−");

/** The whole page. */
export function app(state: State, acts: Acts): VNode {
  return el(
    "div",
    {},
    el(
      "header",
      {},
      el("h1", {}, "hookdict explorer"),
      el("span", { class: "state", role: "status" }, state.status),
    ),
    el("main", { class: "columns" }, left(state, acts), middle(state, acts), right(state, acts)),
  );
}

function left(state: State, acts: Acts): VNode {
  const { card } = state;
  const facts: readonly (readonly [string, string])[] =
    card === undefined
      ? []
      : [
          ["model", card.name],
          ["family", card.family],
          ["size", `${card.layers} layers, ${card.heads} heads, ${card.dModel} wide`],
          ["words", String(card.vocabulary)],
          ["bytes", `${(card.bytes / 1e6).toFixed(1)} MB`],
          ["backend", card.backend],
          ["because", card.reason],
          ["tensors", String(state.look?.tensors ?? card.tensors)],
        ];
  const pick = (event: Event): void => acts.restart((event.currentTarget as HTMLSelectElement).value);
  return el(
    "section",
    { class: "left", "aria-label": "Model and prompts" },
    el("h2", {}, "Model"),
    el(
      "dl",
      {},
      ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, el("bdi", {}, value))]),
    ),
    ...(card?.warnings ?? []).map((warning) => el("p", { class: "state" }, warning)),
    el(
      "label",
      {},
      "computed on ",
      el(
        "select",
        { onChange: pick },
        ...["best there is", "webgpu", "wasm", "cpu"].map((name) =>
          el("option", { value: name === "best there is" ? "" : name }, name),
        ),
      ),
    ),
    models(state, acts),
    ...prompts(state, acts),
  );
}

function models(state: State, acts: Acts): VNode {
  const files = (event: Event): void =>
    acts.loadFiles([...((event.currentTarget as HTMLInputElement).files ?? [])]);
  const kept = state.kept.map(({ key, url, bytes }) =>
    el(
      "li",
      {},
      el("bdi", {}, `${url} (${(bytes / 1e6).toFixed(1)} MB) `),
      button("delete", () => acts.forget(key)),
    ),
  );
  return el(
    "details",
    {},
    el("summary", {}, "another model"),
    el(
      "label",
      {},
      "address of a folder",
      el("input", {
        type: "url",
        value: state.address,
        placeholder: "https://…",
        onInput: (event: Event) => acts.set({ address: (event.currentTarget as HTMLInputElement).value }),
      }),
    ),
    el("div", { class: "row" }, button("load", acts.loadUrl), button("built-in", acts.loadBuiltIn)),
    el(
      "p",
      { class: "drop" },
      "or drop a folder's files here: ",
      el("input", { type: "file", multiple: true, "aria-label": "files of a model", onChange: files }),
    ),
    kept.length === 0 ? null : el("p", {}, "kept in this browser, which may evict them:"),
    el("ul", {}, ...kept),
  );
}

function prompts(state: State, acts: Acts): readonly VNode[] {
  const counts = state.look?.counts;
  const field = (name: keyof Prompts, label: string, isLong: boolean): VNode =>
    el(
      "label",
      {},
      label,
      el(isLong ? "textarea" : "input", {
        value: state.prompts[name],
        ...(isLong ? { rows: 3 } : { type: "text" }),
        onInput: (event: Event) =>
          acts.set({
            prompts: { ...state.prompts, [name]: (event.currentTarget as HTMLInputElement).value },
          }),
      }),
    );
  return [
    el("h2", {}, "Prompts"),
    field("clean", `clean${counts === undefined ? "" : ` (${counts.clean} tokens)`}`, true),
    field("corrupt", `corrupt${counts === undefined ? "" : ` (${counts.corrupt} tokens)`}`, true),
    field("answer", "answer", false),
    field("wrong", "wrong", false),
    el("div", { class: "row" }, button("run", acts.look)),
  ];
}

function middle(state: State, acts: Acts): VNode {
  const tabs = TABS.map(([name]) =>
    button(name, () => acts.set({ tab: name }), {
      role: "tab",
      id: `tab-${name}`,
      "aria-selected": String(name === state.tab),
      "aria-controls": "panel",
    }),
  );
  const names = TABS.find(([name]) => name === state.tab)?.[1] ?? [];
  const pictures = [
    ...names.flatMap((name) => state.look?.pictures[name] ?? []),
    ...(state.pictures[state.tab] ?? []),
  ];
  const { work } = state;
  return el(
    "section",
    { class: "middle", "aria-label": "Pictures" },
    el("div", { role: "tablist", "aria-label": "Views" }, ...tabs),
    state.fault === "" ? null : el("div", { class: "fault", role: "alert" }, el("bdi", {}, state.fault)),
    state.asks === undefined
      ? null
      : el(
          "div",
          { class: "fault" },
          el("bdi", {}, `The link names a model at ${state.asks}. `),
          button("load it from there", acts.loadUrl),
          button("no", () => acts.set({ asks: undefined })),
        ),
    work === undefined
      ? null
      : el(
          "div",
          { class: "row" },
          el("progress", { value: work.done, max: work.total, "aria-label": work.name }),
          `${work.name}: ${work.done} of ${work.total} `,
          button("cancel", acts.cancel),
        ),
    el(
      "div",
      { role: "tabpanel", id: "panel", "aria-labelledby": `tab-${state.tab}` },
      tools(state, acts),
      ...pictures.map((d, i) => view(d, state, acts, `${state.tab}${i}`)),
    ),
  );
}

function tools(state: State, acts: Acts): Child {
  const choice = el(
    "label",
    {},
    "prompt ",
    el(
      "select",
      {
        onChange: (event: Event) => (
          acts.set({
            which: (event.currentTarget as HTMLSelectElement).value === "clean" ? "clean" : "corrupt",
          }),
          acts.look()
        ),
      },
      ...(["corrupt", "clean"] as const).map((name) =>
        el("option", { value: name, selected: name === state.which }, name),
      ),
    ),
  );
  if (state.tab === "patching")
    return el(
      "div",
      { class: "row" },
      button("patch every position", () => acts.sweep("position")),
      button("patch every head", () => acts.sweep("head")),
      button("estimate positions (one backward pass)", () => acts.attribute("position")),
      button("estimate heads", () => acts.attribute("head")),
    );
  if (state.tab === "generation")
    return el("div", { class: "row" }, button("generate 8 tokens", acts.generate));
  return choice;
}

/** A picture; what is selected in it is told to the page. */
function view(d: Description, state: State, acts: Acts, key: string): VNode {
  return el("hookdict-view", {
    key,
    ref: (element: ViewElement | null) => {
      if (element === null || element.description === d) return;
      element.description = d;
      if (Object.keys(state.at).length > 0) element.follow(state.at);
      element.addEventListener("view-select", (event) =>
        acts.selected((event as CustomEvent<{ at: Record<string, number> }>).detail.at),
      );
    },
  });
}

function right(state: State, acts: Acts): VNode {
  const { layer, head } = state.at;
  const position = state.at["pos"] ?? state.at["dest"];
  const heads =
    layer === undefined || head === undefined
      ? []
      : [
          button(`knock out head ${layer}.${head}`, () =>
            acts.deed({ kind: "scaleHead", layer, head, factor: 0 }),
          ),
          button(`double head ${layer}.${head}`, () =>
            acts.deed({ kind: "scaleHead", layer, head, factor: 2 }),
          ),
        ];
  const places =
    layer === undefined || position === undefined
      ? []
      : [
          button(`patch layer ${layer}, position ${position}`, () =>
            acts.deed({ kind: "patch", layer, position }),
          ),
        ];
  const where = Object.entries(state.at)
    .map(([name, at]) => `${name} ${at}`)
    .join(", ");
  return el(
    "section",
    { class: "right", "aria-label": "What is done" },
    el("h2", {}, "Selected"),
    el("p", { class: "state" }, where === "" ? "Click a head, a cell or a token." : where),
    el("div", { class: "row" }, ...heads, ...places),
    metric(state, acts),
    el("h2", {}, "Done, in this order"),
    list(state, acts),
    steer(state, acts),
    el("h2", {}, "Take away"),
    el("div", { class: "row" }, button("show the code", acts.code), button("link", acts.link)),
    state.code === "" ? null : el("pre", { tabindex: 0 }, state.code),
    el("h2", {}, "Requests"),
    el(
      "div",
      { class: "log", tabindex: 0, role: "log" },
      state.log.length === 0 ? "none" : state.log.join("\n"),
    ),
  );
}

function metric(state: State, acts: Acts): VNode {
  const { look, pinned } = state;
  if (look === undefined) return el("p", {}, "");
  const rows: readonly (readonly [string, number])[] = [
    ["clean", look.metric.clean],
    ["corrupt, before", look.metric.corrupt],
    ["corrupt, after", look.metric.changed],
    ...(pinned === undefined ? [] : [[`pinned (${pinned.deeds})`, pinned.metric] as const]),
  ];
  return el(
    "div",
    {},
    el("h2", {}, `Logit of ${state.prompts.answer} − ${state.prompts.wrong}`),
    el(
      "div",
      { class: "metric" },
      ...rows.flatMap(([name, value]) => [el("span", {}, name), el("b", {}, decimals(value))]),
    ),
    el("p", { class: "state" }, `predicts “${look.prediction.trim()}”`),
    button("pin this run", acts.pin),
  );
}

function list(state: State, acts: Acts): VNode {
  const { deeds } = state;
  if (deeds.length === 0) return el("p", { class: "state" }, "Nothing yet.");
  const swap = (i: number): void =>
    acts.deeds(deeds.map((deed, k) => (k === i - 1 ? deeds[i] : k === i ? deeds[i - 1] : deed) ?? deed));
  const toggle = (i: number): void =>
    acts.deeds(deeds.map((deed, k) => (k === i ? { ...deed, off: deed.off !== true } : deed)));
  const items = deeds.map((deed, i) =>
    el(
      "li",
      {},
      el(
        "label",
        { class: "row" },
        el("input", { type: "checkbox", checked: deed.off !== true, onChange: () => toggle(i) }),
        el("bdi", {}, deedInWords(deed)),
      ),
      i === 0 ? null : button("up", () => swap(i)),
      button("remove", () => acts.deeds(deeds.filter((_, k) => k !== i))),
    ),
  );
  return el("ol", {}, ...items);
}

function steer(state: State, acts: Acts): VNode {
  const { steer: own } = state;
  const field = (name: "plus" | "minus", label: string): VNode =>
    el(
      "label",
      {},
      label,
      el("input", {
        type: "text",
        value: own[name],
        onInput: (event: Event) =>
          acts.set({ steer: { ...own, [name]: (event.currentTarget as HTMLInputElement).value } }),
      }),
    );
  const layer = state.at["layer"] ?? 1;
  const slide = (event: Event): void =>
    acts.set({ steer: { ...own, factor: Number((event.currentTarget as HTMLInputElement).value) } });
  return el(
    "details",
    {},
    el("summary", {}, "steer"),
    field("plus", "towards"),
    field("minus", "away from"),
    el(
      "label",
      {},
      `times ${own.factor}`,
      el("input", { type: "range", min: -4, max: 4, step: 0.25, value: own.factor, onInput: slide }),
    ),
    button(`steer before layer ${layer}`, () => acts.deed({ kind: "steer", layer, ...own })),
  );
}
