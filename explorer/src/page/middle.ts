import { shown } from "@hookdict/viz";
import type { ViewElement } from "@hookdict/viz/element";
import type { Acts } from "./acts.ts";
import { button, type Drawn, type DrawnNode, el, told } from "./el.ts";
import type { Sent } from "../messages.ts";
import { type State, TABS } from "./state.ts";
import { show } from "./windows.ts";

/** Tabs with pictures, what goes on, and what went wrong. */
export function middle(state: State, acts: Acts): DrawnNode {
  const tabs = TABS.map(([name]) =>
    button(name, () => acts.set({ tab: name, panel: undefined }), {
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
  // By their keys, what comes and goes above pictures leaves these as they are: with their focus, and all that was chosen in them.
  return el(
    "section",
    { class: "middle", "aria-label": "Pictures" },
    el("div", { role: "tablist", "aria-label": "Views" }, ...tabs),
    state.fault === "" ? null : el("div", { key: "fault", class: "fault", role: "alert" }, told(state.fault)),
    state.asks === undefined
      ? null
      : el(
          "div",
          { key: "asks", class: "fault" },
          told(`The link names a model at ${state.asks}. `),
          button("load it from there", acts.loadUrl),
          button("no", () => acts.set({ asks: undefined })),
        ),
    el("div", { key: "warning", "aria-live": "polite" }, told(state.warning)),
    work === undefined
      ? null
      : el(
          "div",
          { key: "work", class: "row" },
          el("progress", { value: work.done, max: work.total, "aria-label": work.name }),
          `${work.name}: ${work.done} of ${work.total} `,
          button(work.name === "generating" ? "pause" : "cancel", acts.cancel),
        ),
    el(
      "div",
      { key: "panel", role: "tabpanel", id: "panel", "aria-labelledby": `tab-${state.tab}` },
      tools(state, acts),
      pictures.length === 0
        ? el("p", { class: "state" }, EMPTY[state.tab] ?? "Nothing has been computed yet.")
        : null,
      ...pictures.map((sent, i) => view(sent, state, acts, i)),
    ),
  );
}

/** What stands in a tab before its picture. */
const EMPTY: Readonly<Record<string, string>> = {
  patching:
    "Each patch runs the corrupt prompt with one value of the clean run, and tells what share of the way to it that recovers. Choose above what is patched.",
  circuit: "Edges between heads and MLPs, by what each adds to the metric: choose above.",
  generation:
    "Tokens that the model goes on with after the corrupt prompt, with what is done in force: choose above.",
};

function tools(state: State, acts: Acts): Drawn {
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
  if (state.tab === "circuit")
    return el(
      "div",
      { class: "row" },
      button("score every edge (two forward passes, one backward)", acts.circuit),
    );
  if (state.tab === "generation") return generation(state, acts);
  return choice;
}

/** Begins, goes on by a step or eight, and branches at the step that is selected; "cancel" pauses. */
function generation(state: State, acts: Acts): DrawnNode {
  const hasSome = (state.pictures["generation"] ?? []).length > 0;
  const step = state.at["step"];
  return el(
    "div",
    { class: "row" },
    button("generate 8 tokens", () => acts.generate(8, "start")),
    ...(hasSome
      ? [button("one more", () => acts.generate(1, "on")), button("eight more", () => acts.generate(8, "on"))]
      : []),
    ...(hasSome && step !== undefined
      ? [
          el("input", {
            type: "text",
            "aria-label": `token at step ${step}`,
            value: state.branch,
            onInput: (event: Event) => acts.set({ branch: (event.currentTarget as HTMLInputElement).value }),
          }),
          button(`branch at step ${step}`, () => acts.generate(7, { step, token: state.branch })),
        ]
      : hasSome
        ? [el("span", { class: "state" }, "Click a token to branch there.")]
        : []),
  );
}

interface Selected {
  readonly at: Readonly<Record<string, number>>;
  readonly told: string;
  readonly block: string;
  readonly name?: string;
}

/** A picture; what is selected in it is told to the page. */
function view(sent: Sent, state: State, acts: Acts, i: number): DrawnNode {
  const { view: kind, title } = sent.overview.description;
  const isTree = kind === "tree";
  const props = {
    key: `${state.tab}${i}`,
    ref: (element: ViewElement) => {
      if (!show(element, sent, acts, state.at)) return;
      element.addEventListener("view-select", (event) => {
        const { at, told: words, block, name = "" } = (event as CustomEvent<Selected>).detail; // of view-select
        acts.selected(at, words, isTree ? name.slice(block.length + 1) : "");
      });
    },
  };
  const link = button("link", () => acts.link(i), {
    slot: "tools",
    "aria-label": `link to ${shown(title)}`,
  });
  return el("hookdict-view", props, link);
}
