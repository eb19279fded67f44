import type { ItemRunner } from "../run/runner.ts";
import type { RunnerSettings } from "../run/settings.ts";

/** Who does the work, for records. */
export interface Identity {
  readonly host: string;
  readonly pid: number;
}

/** A folder or file below a place, with what its bytes hash to. */
export interface LocalFile {
  /** Path below the place, with forward slashes. */
  readonly name: string;
  readonly path: string;
}

/** Opens children that compute items. */
export type OpenPool = (settings: RunnerSettings, processes: number, itemTimeout: number) => ItemRunner;
