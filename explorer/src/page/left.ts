import type { Prompts } from "../messages.ts";
import type { Acts } from "./acts.ts";
import { chosenFiles } from "./drop.ts";
import { button, type Drawn, type DrawnNode, el, named, told } from "./el.ts";
import type { State } from "./state.ts";

const BEST = "best there is";

/** The model, where it comes from, and the prompts. */
export function left(state: State, acts: Acts): DrawnNode {
  const { card } = state;
  const facts: readonly (readonly [string, string])[] =
    card === undefined
      ? []
      : [
          ["model", card.name],
          ["family", card.family],
          ["size", `${card.layers} layers, ${card.heads} heads, ${card.dModel} wide`],
          ["vocabulary", `${card.vocabulary} tokens`],
          ["bytes", `${(card.bytes / 1e6).toFixed(1)} MB`],
          ["backend", card.backend],
          ["because", card.reason],
          ["tensors", String(state.look?.tensors ?? card.tensors)],
          ...((state.look?.held ?? 0) > 0
            ? [["held", `${((state.look?.held ?? 0) / 1e6).toFixed(1)} MB of pictures`] as const]
            : []),
        ];
  const pick = (event: Event): void => acts.restart((event.currentTarget as HTMLSelectElement).value);
  return el(
    "section",
    { class: "left", "aria-label": "Model and prompts" },
    el("h2", {}, "Model"),
    el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, told(value))])),
    ...(card?.warnings ?? []).map((warning) => el("p", { class: "state" }, warning)),
    el(
      "label",
      {},
      "computed on ",
      el(
        "select",
        { onChange: pick },
        ...[BEST, "webgpu", "wasm", "cpu"].map((name) =>
          el(
            "option",
            { value: name === BEST ? "" : name, selected: (name === BEST ? "" : name) === state.backend },
            name,
          ),
        ),
      ),
    ),
    models(state, acts),
    ...prompts(state, acts),
  );
}

function models(state: State, acts: Acts): DrawnNode {
  const files = (event: Event): void =>
    acts.loadFiles(chosenFiles((event.currentTarget as HTMLInputElement).files));
  const kept = state.kept.map(({ key, url, bytes, of }) =>
    el(
      "li",
      {},
      told(
        `${url} (${(bytes / 1e6).toFixed(1)}${of === undefined ? "" : ` of ${(of / 1e6).toFixed(1)}`} MB) `,
      ),
      button("delete", () => acts.forget(key), named("delete", url)),
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
      "or drop a folder, or its files, here; choose files: ",
      el("input", { type: "file", multiple: true, "aria-label": "files of a model", onChange: files }),
      "or choose the folder: ",
      el("input", {
        type: "file",
        webkitdirectory: true,
        "aria-label": "folder of a model",
        onChange: files,
      }),
    ),
    kept.length === 0
      ? null
      : el("p", {}, `kept in this browser${state.isSafe ? "" : ", which may evict them"}:`),
    el("ul", {}, ...kept),
  );
}

/** Tokens that are shown of a prompt. */
const MOST_CHIPS = 60;

/** A prompt's tokens, those marked that the other prompt has not there. */
function chipsOf(tokens: readonly string[], others: readonly string[]): DrawnNode {
  const chips = tokens
    .slice(0, MOST_CHIPS)
    .map((token, i) =>
      el(token === others[i] ? "span" : "mark", {}, told(token.trim() === "" ? "·" : token.trim())),
    );
  const more = tokens.length - MOST_CHIPS;
  return el("div", { class: "chips" }, ...chips, more > 0 ? `and ${more} more` : null);
}

function prompts(state: State, acts: Acts): readonly Drawn[] {
  // Chips are those of the prompts that were run.
  const chips = (name: "clean" | "corrupt", other: "clean" | "corrupt"): Drawn =>
    state.look === undefined || state.prompts[name] !== state.looked[name]
      ? null
      : chipsOf(state.look.tokens[name], state.look.tokens[other]);
  const count = (name: "clean" | "corrupt"): string =>
    state.look === undefined ? name : `${name} (${state.look.tokens[name].length} tokens)`;
  const field = (name: keyof Prompts, label: string, isLong: boolean): DrawnNode =>
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
    field("clean", count("clean"), true),
    chips("clean", "corrupt"),
    field("corrupt", count("corrupt"), true),
    chips("corrupt", "clean"),
    field("answer", "answer", false),
    field("wrong", "wrong", false),
    el("div", { class: "row" }, button("run", acts.look)),
  ];
}
