import type { Schedule } from "./schedule.ts";

/** What changes at one site, as plain data. */
export interface TrainableSpec {
  /** One of {@link TRAINABLE_KINDS}. */
  readonly kind: string;
  /** Path of the site. */
  readonly at: string;
  /** How many numbers there are along the value's last axis. */
  readonly width: number;
  /** Columns of a low-rank rotation. */
  readonly rank?: number;
  /** Which source the values come from, of those that a run is given. Default `"source"`; not for kinds without a source. */
  readonly source?: string;
  /** Interventions with the same link share their weights. Default the place in the list. */
  readonly link?: string;
  /** Ranges of dimensions, `[from, to)`: of the value, or of the rotated space. Default one with all of them. */
  readonly partition?: readonly (readonly [from: number, to: number])[];
  /** Which ranges of the partition are changed. Default all. */
  readonly subspaces?: readonly number[];
  /** The index along the axis `head` of a value `[batch, pos, head, dHead]`. Default all. */
  readonly head?: number;
  /** How a mask's temperature goes. Default it is 1. */
  readonly temperature?: Schedule;
}

/** Interventions with weights, as plain data. */
export interface TrainableSpecs {
  readonly interventions: readonly TrainableSpec[];
  /**
   * `"parallel"`: every source is run as it is, and the base with all interventions. `"serial"`: the source of each
   * intervention is run with the one before it applied, and the base with the last, as in path patching. Default
   * `"parallel"`.
   */
  readonly mode?: "parallel" | "serial";
}
