import { type GeneratedSection, markdownTable } from "../../support/generated.ts";
import { expected, expectedCapture } from "./direction-values.ts";
import {
  DIRECTION_TABLE,
  type DirectionRow,
  type Leaves,
  VALUE_KINDS,
  type ValueKind,
} from "./directions.ts";

/** The direction table as `docs/hooks.md` shows it. */
export function directionsSection(): GeneratedSection {
  const head = [
    "direction",
    "value",
    "the hook sees",
    "`info` holds",
    "it returns",
    "which changes",
    "captured",
  ];
  const rows = DIRECTION_TABLE.flatMap((row) => VALUE_KINDS.map((kind) => cells(row, kind)));
  return {
    file: new URL("../../../docs/hooks.md", import.meta.url),
    name: "directions",
    content: markdownTable(head, rows),
  };
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
