import { check } from "../checks/checked.ts";
import { strings } from "../checks/fit.ts";
import { KIND_SCRIPTS, START_SCRIPT } from "./scripts.ts";

/**
 * The script of a page with these kinds of blocks, and of no others: whoever writes a page of one's own puts it behind its
 * `<hookdict-view>`s.
 *
 * @example
 * scriptOf(["matrix"]).length < scriptOf(["matrix", "graph"]).length; // => true
 */
export function scriptOf(kinds: readonly string[]): string {
  check("scriptOf", kinds, strings, "kinds");
  const parts = [...new Set(kinds)]
    .sort()
    .flatMap((name) => (Object.hasOwn(KIND_SCRIPTS, name) ? (KIND_SCRIPTS[name] ?? []) : []));
  return `(()=>{${[START_SCRIPT, ...parts].join("\n")}\nstart()})();`;
}
