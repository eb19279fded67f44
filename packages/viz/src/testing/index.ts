export { viewConformance } from "./conformance.ts";
export type { ViewConformanceOptions } from "./conformance.ts";
