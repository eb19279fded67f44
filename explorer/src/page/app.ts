import type { Acts } from "./acts.ts";
import { type DrawnNode, el } from "./el.ts";
import { left } from "./left.ts";
import { middle } from "./middle.ts";
import { right } from "./right.ts";
import type { State } from "./state.ts";

/** The whole page. */
export function app(state: State, acts: Acts): DrawnNode {
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
