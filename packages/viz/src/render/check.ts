import { BLOCKS } from "../blocks/blocks.ts";
import type { BlockKind } from "../blocks/block.ts";
import { checkOptions } from "../checks/checked.ts";
import { told } from "../checks/errors.ts";
import { BLOCKS_OPTION, DESCRIPTION } from "../checks/shapes.ts";
import type { AnyBlock, Axis, Description } from "../description/types.ts";
import { blockUnknown, descriptionInvalid, notADescription } from "../errors.ts";

/** Kinds of blocks besides those that are built in. */
export interface BlocksOption {
  readonly blocks?: readonly BlockKind[];
}

/** The kind that draws a block. @throws ViewError `BLOCK_UNKNOWN` */
export function kindOf(block: AnyBlock, { blocks = [] }: BlocksOption = {}): BlockKind {
  const known = [...blocks, ...BLOCKS];
  const kind = known.find((each) => each.block === block.block);
  if (kind === undefined)
    throw blockUnknown(
      block.block,
      known.map((each) => each.block),
    );
  return kind;
}

/**
 * Checks that every block fits its axes and scales, and tells everything that does not, at once.
 *
 * @throws ViewError `VIEW_INVALID`, `BLOCK_UNKNOWN`, `VIEW_JSON`, `VIEW_OPTION`
 */
export function checkDescription(d: Description, options: BlocksOption = {}): void {
  checkOptions(BLOCKS_OPTION, options);
  if (Object(d).hookdict !== "view/1")
    throw notADescription('it does not begin with { hookdict: "view/1" }, blocks, axes and scales');
  checkShape(d);
  const ids = d.blocks.map(({ id }) => id);
  const twice = ids
    .filter((id, i) => ids.indexOf(id) !== i)
    .map((id) => `two blocks have the id ${JSON.stringify(id)}`);
  const axes = Object.values(d.axes).flatMap(axisFaults);
  const scales = Object.entries(d.scales).flatMap(([name, { low, high }]) =>
    low <= high && Number.isFinite(high - low)
      ? []
      : [`the scale ${JSON.stringify(name)} goes from ${low} to ${high}`],
  );
  const blocks = d.blocks.flatMap((block) => kindOf(block, options).faults?.(d, block) ?? []);
  const faults = [...twice, ...axes, ...scales, ...blocks];
  if (faults.length > 0) throw descriptionInvalid(d.view, faults);
}

/** Refuses what has not the fields of a description, each of its kind. @throws ViewError `VIEW_JSON` */
export function checkShape(d: Description): void {
  const misfit = DESCRIPTION(d, "");
  if (misfit !== undefined) throw notADescription(`it has ${told(misfit)}, not ${misfit.wanted}`);
}

function axisFaults({ name, labels, at }: Axis): readonly string[] {
  if (labels.length === at.length) return [];
  return [`the axis ${JSON.stringify(name)} has ${labels.length} labels and ${at.length} coordinates`];
}
