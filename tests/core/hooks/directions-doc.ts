import { type GeneratedSection, markdownTable } from "../../support/generated.ts";
import { expected, expectedCapture } from "./direction-values.ts";
import {
  type DirectionRow,
  directionTable,
  type Leaves,
  SITE_ROWS,
  type SiteRow,
  VALUE_KINDS,
  type ValueKind,
} from "./directions.ts";

const HOOKS = new URL("../../../docs/hooks.md", import.meta.url);
const GRAPH = new URL("../../../docs/graph.md", import.meta.url);

/** The tables of directions as the docs show them. */
export function directionSections(): readonly GeneratedSection[] {
  return [
    { file: HOOKS, name: "directions", content: tableOf(SITE_ROWS.module) },
    { file: HOOKS, name: "values", content: valuesTable() },
    { file: GRAPH, name: "directions", content: tableOf(SITE_ROWS.node) },
  ];
}

function tableOf(site: SiteRow): string {
  const head = [
    "direction",
    "value",
    "the hook sees",
    "`info` holds",
    "it returns",
    "which changes",
    "captured",
  ];
  const kinds = VALUE_KINDS.filter((kind) => site.values[kind] === null);
  const rows = directionTable(site).flatMap((row) => kinds.map((kind) => cells(row, kind)));
  const absent = VALUE_KINDS.flatMap((kind) => {
    const reason = site.values[kind];
    return reason === null ? [] : [["all six", kind, `none: ${reason}`, "", "", "", ""]];
  });
  return markdownTable(head, [...rows, ...absent]);
}

/** Which kinds of values each kind of site can have. */
function valuesTable(): string {
  const say = (reason: string | null): string => (reason === null ? "yes" : `no: ${reason}`);
  const rows = Object.values<SiteRow>(SITE_ROWS).map(({ name, values, keywords }) => [
    name,
    ...VALUE_KINDS.map((kind) => say(values[kind])),
    say(keywords),
  ]);
  return markdownTable(["site", ...VALUE_KINDS, "keyword inputs"], rows);
}

function cells(row: DirectionRow, kind: ValueKind): readonly string[] {
  const info = Object.entries(row.info).map(
    ([name, item]) => `${name} ${show("by" in item ? item : expected(kind, item))}`,
  );
  const told = (leaves: Leaves): string => show(expected(kind, leaves));
  return [
    `\`${row.direction}\``,
    kind,
    show(expected(kind, row.sees)),
    info.join("; "),
    show(expected(kind, row.returns)),
    `${row.changes}: ${told(row.before)} → ${told(row.after)}`,
    show(expectedCapture(kind, row.captured)),
  ];
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if ("TensorDict" in value) return `TensorDict ${show(value.TensorDict)}`;
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${show(item)}`);
  return `{ ${entries.join(", ")} }`;
}
