export { page } from "./html.ts";
export type { PageOptions, Pictured } from "./html.ts";
export { scriptOf } from "./script-of.ts";
