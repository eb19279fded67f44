import { check } from "../checks/checked.ts";
import { type Fit, labels as manyLabels, string, strings } from "../checks/fit.ts";
import { AXIS_PARTS } from "../checks/shapes.ts";
import { shown, shownTokens } from "./shown.ts";
import type { Axis, Description, State } from "./types.ts";
import { range } from "./numbers.ts";

/** What an axis is made of. */
export interface AxisParts {
  readonly title?: string;
  readonly at?: readonly number[];
  readonly of?: string;
}

/** Layers, heads and the like: labels as they are. @throws ViewError `VIEW_DATA` */
export function plainAxis(name: string, labels: readonly (string | number)[], parts: AxisParts = {}): Axis {
  checkAxis("plainAxis", name, labels, parts, manyLabels);
  return axis(name, "plain", labels.map(String), parts);
}

/** Positions, with their tokens. @throws ViewError `VIEW_DATA` */
export function tokenAxis(name: string, tokens: readonly string[], parts: AxisParts = {}): Axis {
  checkAxis("tokenAxis", name, tokens, parts, strings);
  return axis(name, "token", tokens, parts);
}

/** @throws ViewError `VIEW_DATA` */
function checkAxis(owner: string, name: unknown, given: unknown, parts: unknown, fit: Fit): void {
  check(owner, name, string, "name");
  check(owner, given, fit, "labels");
  check(owner, parts, AXIS_PARTS, "parts");
}

function axis(name: string, kind: Axis["kind"], labels: readonly string[], parts: AxisParts): Axis {
  const { title = name, at = range(labels.length), of } = parts;
  return { name, title, kind, labels, at, ...(of !== undefined && { of }) };
}

const KNOWN = new WeakMap<Axis, readonly string[]>();

/** The labels of an axis as they are shown. */
export function labelsOf(given: Axis): readonly string[] {
  const known = KNOWN.get(given);
  if (known !== undefined) return known;
  const labels = given.kind === "token" ? shownTokens(given.labels) : given.labels.map(shown);
  KNOWN.set(given, labels);
  return labels;
}

/** An axis by its name: descriptions are checked before they are drawn. */
export function axisOf(d: Description, name: string): Axis {
  return d.axes[name] ?? { name, title: name, kind: "plain", labels: [], at: [] };
}

/** How many indices an axis has. */
export function countOf({ labels }: Axis): number {
  return labels.length;
}

/** One index of an axis in words: `position 14 to`, `layer 2`. */
export function placeName(given: Axis, index: number): string {
  const label = labelsOf(given)[index] ?? "";
  const at = String(given.at[index] ?? index);
  if (given.kind === "token") return `${given.title} ${at} ${label}`;
  return label === at ? `${given.title} ${label}` : label;
}

/** What selecting an index of an axis selects. */
export function coordinate({ name, at }: Axis, index: number): Readonly<Record<string, number>> {
  return { [name]: at[index] ?? index };
}

/** The columns of a table that tell where a number stands on an axis. */
export function placeColumns({ name }: Axis): readonly [string, string] {
  return [name, `${name} label`];
}

/** Coordinate and label of an index: what stands in those columns. */
export function placeCells(given: Axis, index: number): readonly [number, string] {
  return [given.at[index] ?? index, labelsOf(given)[index] ?? ""];
}

/** The index that is selected on an axis, by its own name or by that of the axis whose coordinates it has. */
export function selectedIndex(given: Axis, state: State): number | undefined {
  const at = state.at[given.name] ?? (given.of === undefined ? undefined : state.at[given.of]);
  if (at === undefined) return undefined;
  const index = given.at.indexOf(at);
  return index < 0 ? undefined : index;
}

/** The state with other coordinates selected; what followed the axes that change follows them again. */
export function select(d: Description, state: State, at: Readonly<Record<string, number>>): State {
  const followers = Object.values(d.axes).filter(({ of }) => of !== undefined && of in at);
  const kept = Object.entries(state.at).filter(([name]) => !followers.some((each) => each.name === name));
  return { ...state, at: { ...Object.fromEntries(kept), ...at } };
}
