import type { HookSpec } from "@hookdict/contexts";
import type { Tree } from "@hookdict/viz";
import type { Deed } from "../messages.ts";
import { deedInWords } from "./code.ts";
import type { Acts } from "./acts.ts";
import { button, decimals, type DrawnNode, el, named, told } from "./el.ts";
import type { State } from "./state.ts";

/** What is selected, what can be done with it, and what was done. */
export function right(state: State, acts: Acts): DrawnNode {
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
          button(`zero layer ${layer}, position ${position}`, () =>
            acts.deed({ kind: "spec", spec: zeroAt(layer, position) }),
          ),
        ];
  const spec = (part: HookSpec): void => acts.deed({ kind: "spec", spec: part });
  const sites =
    state.site === "" || !isSite(state)
      ? []
      : [
          button(`capture ${state.site}`, () => spec({ captures: [{ at: state.site }] })),
          button(`zero ${state.site}`, () => spec({ interventions: [{ kind: "zero", at: state.site }] })),
        ];
  return el(
    "section",
    { class: "right", "aria-label": "What is done" },
    el("h2", {}, "Selected"),
    el("p", { class: "state" }, told(selected(state))),
    el("div", { class: "row" }, ...heads, ...places, ...sites),
    metric(state, acts),
    el("h2", {}, "Done, in this order"),
    list(state, acts),
    steer(state, acts),
    anySpec(state, acts),
    el("h2", {}, "Take away"),
    el(
      "div",
      { class: "row" },
      button("show the code", acts.code),
      button("link", () => acts.link()),
    ),
    state.code === "" ? null : el("pre", { tabindex: 0 }, state.code),
    el("h2", {}, "Requests"),
    el(
      "div",
      { class: "log", tabindex: 0, role: "log" },
      ...(state.log.length === 0 ? ["none"] : state.log.map((each) => el("div", {}, told(each)))),
    ),
  );
}

/** Whether what is selected in the tree is a site, and no folder of sites. */
const isSite = ({ look, site }: State): boolean =>
  (look?.pictures["sites"]?.overview.description.blocks as readonly [Tree] | undefined)?.[0].items.some(
    ({ path }) => path === site,
  ) ?? false;

const zeroAt = (layer: number, position: number): HookSpec => ({
  interventions: [{ kind: "zero", at: `blocks.${layer}.hook_resid_pre`, positions: [position] }],
});

/** The selected cell as its picture tells it; of a link there are coordinates alone. */
function selected(state: State): string {
  if (state.told !== "") return state.told;
  const places = Object.entries(state.at).map(([name, place]) => `${name} ${place}`);
  return places.length === 0 ? "Click a head, a cell or a token." : places.join(", ");
}

function metric(state: State, acts: Acts): DrawnNode {
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
    el("h2", {}, told(`Logit of ${state.prompts.answer} − ${state.prompts.wrong}`)),
    el(
      "div",
      { class: "metric" },
      ...rows.flatMap(([name, value]) => [el("span", {}, name), el("b", {}, decimals(value))]),
    ),
    el(
      "p",
      { class: "state" },
      look.prediction === ""
        ? "predicts nothing: its logits are no numbers"
        : told(`predicts “${look.prediction.trim()}”`),
    ),
    button("pin this run", acts.pin),
  );
}

function list(state: State, acts: Acts): DrawnNode {
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
        told(deedInWords(deed)),
      ),
      deed.kind === "steer" ? strength(deed, (next) => acts.deeds(deeds.with(i, next))) : null,
      i === 0 ? null : button("up", () => swap(i), named("up", deedInWords(deed))),
      button("remove", () => acts.deeds(deeds.filter((_, k) => k !== i)), named("remove", deedInWords(deed))),
    ),
  );
  return el("ol", {}, ...items);
}

/** How far a steering that is in the list goes: what it does is seen when the slider is let go. */
function strength(deed: Extract<Deed, { kind: "steer" }>, set: (deed: Deed) => void): DrawnNode {
  return el("input", {
    type: "range",
    min: -4,
    max: 4,
    step: 0.25,
    value: deed.factor,
    ...named("how far it is steered", `layer ${deed.layer}, “${deed.plus}” − “${deed.minus}”`),
    onChange: (event: Event) =>
      set({ ...deed, factor: Number((event.currentTarget as HTMLInputElement).value) }),
  });
}

function steer(state: State, acts: Acts): DrawnNode {
  const { steer: own } = state;
  const field = (name: "plus" | "minus", label: string): DrawnNode =>
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

/** Any spec as JSON, typed or pasted: the worker says what is wrong with it. */
function anySpec(state: State, acts: Acts): DrawnNode {
  return el(
    "details",
    {},
    el("summary", {}, "apply a HookSpec"),
    el(
      "label",
      {},
      "captures and interventions, as JSON",
      el("textarea", {
        rows: 5,
        spellcheck: "false",
        value: state.spec,
        onInput: (event: Event) => acts.set({ spec: (event.currentTarget as HTMLTextAreaElement).value }),
      }),
    ),
    button("apply", acts.spec),
  );
}
