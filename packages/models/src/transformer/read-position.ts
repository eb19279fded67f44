import { Module, outputReading } from "@hookdict/core";
import type { OutputAt } from "./positions-of-rows.ts";

/** A run that begins. */
interface Beginning {
  readonly batch: number;
  readonly pos: number;
  /** Whether it may leave out positions at all. */
  readonly canLeaveOut: boolean;
  /** Whether it may give other positions of each row. */
  readonly canChooseByRow: boolean;
}

/**
 * The positions whose output the caller of a run reads, where no hook stands on the model as a whole and would miss the
 * others; `undefined` where all are computed. To be called when the run begins.
 */
export function readPosition(model: Module, run: Beginning): OutputAt | undefined {
  const { batch, pos, canLeaveOut, canChooseByRow } = run;
  const reading = outputReading(model);
  if (reading === undefined || !canLeaveOut || !isFree(model)) return undefined;
  const { position } = reading;
  const isByRow = typeof position !== "number";
  // One position of one row is that one: it has no columns to choose from.
  if (isByRow && (!canChooseByRow || position.length !== batch || pos === 1)) return undefined;
  const rows = (isByRow ? position : [[position]]).map((row) => row.map((at) => (at < 0 ? at + pos : at)));
  if (!rows.flat().every((at) => Number.isInteger(at) && at >= 0 && at < pos)) return undefined;
  reading.isTaken = true;
  return isByRow ? rows : rows[0]?.[0];
}

/** Whether no hook stands on a module, or below it. */
export function isBare(module: Module | undefined): boolean {
  if (module === undefined) return true;
  return (
    isFree(module) &&
    Object.values(module)
      .flat()
      .every((part: unknown) => !(part instanceof Module) || isBare(part))
  );
}

function isFree({ hookSlot }: Module): boolean {
  return hookSlot === null || hookSlot.size === 0;
}
