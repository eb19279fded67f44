/** Until `pnpm viz:scripts` has run. */
export const CORE_SCRIPT: string = "";
export const GRAPH_SCRIPT: string = "";
