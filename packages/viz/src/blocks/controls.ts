import type { AnyBlock, Description, State, Stretch } from "../description/types.ts";
import { STRETCHES } from "../ink/scale.ts";
import { choose, chosen, chosenNumber, type Control } from "./block.ts";

/** One of several, the first of them unless chosen; each has a value and a label. */
export function choice(
  state: State,
  b: AnyBlock,
  name: string,
  label: string,
  options: readonly (readonly [string, string])[],
  first: string = options[0]?.[0] ?? "",
): Control {
  return { kind: "choice", options, value: chosen(state, b, name, first), ...common(b, name, label) };
}

/** A number between two, in steps. */
export function slider(
  state: State,
  b: AnyBlock,
  name: string,
  label: string,
  [low, high, step, first]: readonly [number, number, number, number],
): Control {
  const value = chosenNumber(state, b, name, first);
  return { kind: "range", low, high, step, value, ...common(b, name, label) };
}

/** A line of text. */
export function typed(state: State, b: AnyBlock, name: string, label: string): Control {
  return { kind: "text", value: chosen(state, b, name, ""), ...common(b, name, label) };
}

function common(
  b: AnyBlock,
  name: string,
  label: string,
): { readonly name: string; readonly label: string; set(old: State, value: string | number): State } {
  return { name, label, set: (old, value) => choose(old, b, name, value) };
}

/** How small differences of a scale are shown; the first `count` ways. */
export function stretching(d: Description, state: State, scale: string, count = 3): Control {
  return {
    kind: "choice",
    name: "stretch",
    label: "colours",
    options: STRETCHES.slice(0, count).map(([value, name]) => [String(value), name]),
    value: String(state.stretch[scale] ?? d.scales[scale]?.stretch ?? 1),
    set: (old, value) => ({ ...old, stretch: { ...old.stretch, [scale]: parseStretch(value) } }),
  };
}

/** A stretch as a control writes it. */
function parseStretch(value: string): Stretch {
  return value === "row" ? "row" : value === "0.5" ? 0.5 : 1;
}
