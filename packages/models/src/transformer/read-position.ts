import { Module, outputReading } from "@hookdict/core";

/**
 * The one position whose output the caller of a run reads, where no hook stands on the model as a whole and would miss the
 * others; `undefined` where all are computed. To be called when the run begins.
 */
export function readPosition(model: Module, pos: number, canLeaveOut: boolean): number | undefined {
  const reading = outputReading(model);
  if (reading === undefined || !canLeaveOut || !isFree(model)) return undefined;
  const at = reading.position < 0 ? reading.position + pos : reading.position;
  if (!Number.isInteger(at) || at < 0 || at >= pos) return undefined;
  reading.isTaken = true;
  return at;
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
