import { check as refuse, checkOptions } from "../checks/checked.ts";
import { func, listOf, maybe, numbers as manyNumbers } from "../checks/fit.ts";
import { BLOCKS_OPTION } from "../checks/shapes.ts";
import { CheckError, isEndless, shown } from "@hookdict/tensordict";
import { widthOf } from "../description/width.ts";
import type { AnyBlock, Description } from "../description/types.ts";
import { type BlocksOption, checkDescription, kindOf } from "../render/check.ts";
import { fromJSON, toJSON } from "../render/json.ts";
import { toSVG } from "../render/svg.ts";
import { toText } from "../render/text.ts";
import { wellFormed } from "./well-formed.ts";

/** Options of {@link viewConformance}. */
export interface ViewConformanceOptions extends BlocksOption {
  /** Cells of the terminals that are tried. */
  readonly columns?: readonly number[];
  /** Pixels of the pictures that are tried. */
  readonly widths?: readonly number[];
}

/**
 * Checks a view, and the blocks it composes, on examples of its data: it is pure (the same twice, and its argument as
 * before), fits its axes, comes back from JSON, is drawn as well-formed SVG in both themes, is never wider than a
 * terminal, and has every number that it draws in its CSV.
 *
 * @throws CheckError `VIEW_CONFORMANCE`, with the first thing that does not hold
 * @example
 * viewConformance(tokenScores, [{ tokens: ["a"], channels: [{ name: "norm", values: [1] }] }]); // => 1
 */
export function viewConformance<D>(
  view: (data: D) => Description,
  examples: readonly D[],
  options: ViewConformanceOptions = {},
): number {
  refuse("viewConformance", view, func, "view");
  refuse(
    "viewConformance",
    examples,
    listOf(() => undefined),
    "examples",
  );
  checkOptions({ ...BLOCKS_OPTION, columns: maybe(manyNumbers), widths: maybe(manyNumbers) }, options);
  examples.forEach((data, i) => {
    const before = snapshot(data);
    const d = view(data);
    const holdTo = (holds: boolean, law: string): void => {
      if (!holds) throw conformance(d.view, i, law);
    };
    holdTo(snapshot(data) === before, "it changed its argument");
    holdTo(toJSON(view(data)) === toJSON(d), "it gave something else the second time");
    holdTo(Object.isFrozen(d), "its description is not frozen");
    checkDescription(d, options);
    const back = fromJSON(toJSON(d), options);
    holdTo(toJSON(back) === toJSON(d), "its description did not come back from JSON");
    checkPictures(d, options, holdTo);
    checkText(d, options, holdTo);
    for (const block of d.blocks)
      holdTo(
        isInCsv(d, block, options),
        `a number of the block ${JSON.stringify(block.id)} is not in the CSV`,
      );
    holdTo(snapshot(data) === before, "a renderer changed its argument");
  });
  return examples.length;
}

type Check = (holds: boolean, law: string) => void;

function checkPictures(d: Description, options: ViewConformanceOptions, check: Check): void {
  for (const width of options.widths ?? [240, 400, 1160]) {
    for (const theme of ["light", "dark"] as const) {
      const svg = toSVG(d, { ...options, width, theme });
      const fault = wellFormed(svg);
      check(fault === undefined, `its SVG of ${width} pixels is not well-formed: ${fault}`);
      check(
        !/ style=|<script|<foreignObject|javascript:|NaN/.test(
          svg.replaceAll(/>[^<]*</g, "><").replaceAll(/aria-label="[^"]*"/g, ""),
        ),
        `its SVG of ${width} pixels has a style, a script or a NaN in it`,
      );
    }
  }
}

function checkText(d: Description, options: ViewConformanceOptions, check: Check): void {
  for (const columns of options.columns ?? [20, 80, 120]) {
    for (const colour of [0, 3] as const) {
      const lines = toText(d, { ...options, columns, colour, theme: "dark" }).split("\n");
      const widest = lines.reduce((most, line) => Math.max(most, widthOf(bare(line))), 0);
      check(widest <= columns, `its text for ${columns} columns is ${widest} wide`);
      check(
        !hasControls(lines.map(bare).join("")),
        `its text for ${columns} columns has control characters in it`,
      );
    }
  }
}

/** What colours a line, and what must not be in one. */
// oxlint-disable-next-line no-control-regex -- that is what it begins with
const COLOURS = /\u001b\[[\d;]*m/g;
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** A line without what colours it. */
const bare = (line: string): string => line.replaceAll(COLOURS, "");

const hasControls = (text: string): boolean => CONTROLS.test(text);

/** Whether all numbers of the fields that hold them stand in the rows of the block. */
function isInCsv(d: Description, block: AnyBlock, options: ViewConformanceOptions): boolean {
  const table = kindOf(block, options).rows?.(d, block);
  if (table === undefined) return true;
  const told = new Set(table.rows.flat().map(String));
  const numbers = (block as unknown as { readonly values?: Iterable<number> }).values; // blocks may have none
  for (const value of numbers ?? []) if (!told.has(String(value))) return false;
  return true;
}

/** Data as text; numbers of arrays one by one. */
function snapshot(data: unknown): string {
  if (isEndless(data)) return shown(data);
  return (
    JSON.stringify(data, (_, value: unknown) =>
      ArrayBuffer.isView(value)
        ? [...(value as Float32Array)].map(String)
        : typeof value === "number"
          ? String(value)
          : value,
    ) ?? ""
  );
}

function conformance(view: string, example: number, law: string): CheckError {
  return new CheckError({
    code: "VIEW_CONFORMANCE",
    what: `The view ${JSON.stringify(view)} does not hold on example ${example}: ${law}.`,
    fields: { view, example, law },
  });
}
