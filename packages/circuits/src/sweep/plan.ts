import { checkArgument, counted, formatBytes, showAsText } from "@hookdict/tensordict";

/** What a sweep takes, as plain data. */
export interface SweepPlanData {
  readonly cells: number;
  /** Cells that change nothing that metrics read, mostly since both runs have the same value there: they take no run. */
  readonly skipped: number;
  /** Runs of the model, with several rows each; that of the two prompts' not counted. */
  readonly runs: number;
  /** The most rows of one run. */
  readonly rows: number;
  /** Layers times rows that are computed, and that one whole run for each cell would compute; 0 for models without layers. */
  readonly layerEvaluations: number;
  readonly layerEvaluationsEach: number;
  /** The same, times the positions that are computed in each; not counted are those of which the last layer computes keys and values alone. */
  readonly positions: number;
  readonly positionsEach: number;
  /** Bytes that are held throughout, that each row of a run takes, and that the sweep takes at most: one side's prompts are rows of one run, too. */
  readonly bytes: { readonly held: number; readonly perRow: number; readonly most: number };
}

const COUNTS = [
  "cells",
  "skipped",
  "runs",
  "rows",
  "layerEvaluations",
  "layerEvaluationsEach",
  "positions",
  "positionsEach",
] as const;

/** What a sweep takes: prints in a few lines, and is plain data in JSON. */
export class SweepPlan implements SweepPlanData {
  static {
    showAsText(this);
  }

  readonly cells: number;
  readonly skipped: number;
  readonly runs: number;
  readonly rows: number;
  readonly layerEvaluations: number;
  readonly layerEvaluationsEach: number;
  readonly positions: number;
  readonly positionsEach: number;
  readonly bytes: SweepPlanData["bytes"];

  constructor(data: SweepPlanData) {
    checkArgument("SweepPlan", "data", data, "a record");
    checkArgument("SweepPlan", "data.bytes", data.bytes, "a record");
    for (const name of COUNTS) checkArgument("SweepPlan", `data.${name}`, data[name], "a finite number");
    for (const name of ["held", "perRow", "most"] as const)
      checkArgument("SweepPlan", `data.bytes.${name}`, data.bytes[name], "a finite number");
    this.cells = data.cells;
    this.skipped = data.skipped;
    this.runs = data.runs;
    this.rows = data.rows;
    this.layerEvaluations = data.layerEvaluations;
    this.layerEvaluationsEach = data.layerEvaluationsEach;
    this.positions = data.positions;
    this.positionsEach = data.positionsEach;
    this.bytes = data.bytes;
  }

  toString(): string {
    const saved = this.layerEvaluationsEach - this.layerEvaluations;
    const { held, perRow, most } = this.bytes;
    return [
      `${counted(this.cells, "cell")}, ${this.skipped} of which change nothing`,
      `${counted(this.runs, "run")} of at most ${counted(this.rows, "row")}`,
      `${counted(this.layerEvaluations, "layer evaluation")}, ${saved} fewer than one run for each cell`,
      `${counted(this.positions, "position")} in them, ${this.positionsEach - this.positions} fewer`,
      `${formatBytes(held)} held, ${formatBytes(perRow)} for each row, ${formatBytes(most)} at most`,
    ].join("\n");
  }

  toJSON(): SweepPlanData {
    return { ...this };
  }
}
