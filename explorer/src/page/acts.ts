import type { Deed, Ops } from "../messages.ts";
import type { State } from "./state.ts";

/** What the page's reader can do. */
export interface Acts {
  readonly set: (part: Partial<State>) => void;
  readonly look: () => void;
  readonly loadUrl: () => void;
  readonly loadBuiltIn: () => void;
  readonly loadFiles: (files: readonly File[] | Promise<readonly File[]>) => void;
  readonly restart: (backend: string) => void;
  readonly sweep: (over: "position" | "head") => void;
  readonly attribute: (over: "position" | "head") => void;
  readonly circuit: () => void;
  readonly generate: (count: number, from: Ops["generate"]["args"]["from"]) => void;
  readonly cancel: () => void;
  readonly deed: (deed: Deed) => void;
  readonly deeds: (deeds: readonly Deed[]) => void;
  readonly spec: () => void;
  readonly pin: () => void;
  readonly code: () => void;
  readonly link: () => void;
  readonly forget: (key: string) => void;
  readonly selected: (at: Readonly<Record<string, number>>, told: string, site: string) => void;
}
