import { harvestOption } from "../checks/errors.ts";

/** Every `count`-th item from `index` on. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

/** @throws UsageError `HARVEST_OPTION` */
export function checkPart(owner: string, part: Part | undefined): void {
  if (part === undefined) return;
  const { index, count } = Object(part) as Part; // plain JavaScript gives anything
  const isFine = Number.isSafeInteger(index) && Number.isSafeInteger(count) && index >= 0 && index < count;
  if (!isFine) throw harvestOption(owner, "part", part, "{ index, count } with 0 <= index < count");
}
