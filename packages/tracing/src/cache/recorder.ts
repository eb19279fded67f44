import type { SiteState } from "../run/site-state.ts";
import type { Visit } from "../run/visit.ts";

/** Whatever is told of every visit once the bodies are through with it. */
export interface Recorder {
  record(site: SiteState, visit: Visit): void;
}
