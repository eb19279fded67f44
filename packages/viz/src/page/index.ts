export { page } from "./html.ts";
export type { PageOptions, Pictured } from "./html.ts";
export { CORE_SCRIPT, GRAPH_SCRIPT } from "./scripts.ts";
