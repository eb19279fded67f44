import type { MatrixWindow, WindowRequest } from "@hookdict/viz";
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
  /** Writes a link of the page; of one of the tab's pictures, where it is told which. */
  readonly link: (panel?: number) => void;
  /** Asks the worker for what it holds of a picture. */
  readonly window: (handle: number, request: WindowRequest) => Promise<MatrixWindow>;
  readonly file: (handle: number, kind: "csv" | "json") => Promise<Blob>;
  readonly forget: (key: string) => void;
  readonly selected: (at: Readonly<Record<string, number>>, told: string, site: string) => void;
}
