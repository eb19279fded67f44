import { trainableInvalid } from "./errors.ts";
import type { TrainableKind } from "./kind.ts";
import { TRAINABLE_KINDS } from "./kinds.ts";
import type { TrainableSpec, TrainableSpecs } from "./spec.ts";

const FIELDS = [
  "kind",
  "at",
  "width",
  "rank",
  "source",
  "link",
  "partition",
  "subspaces",
  "head",
  "temperature",
];

type Data = Readonly<Record<string, unknown>>;

/** The kind that a spec names; it has been checked. */
export function kindOf({ kind }: TrainableSpec): TrainableKind {
  return TRAINABLE_KINDS.find(({ name }) => name === kind) as TrainableKind; // checked
}

/** Checks data of any origin. @throws UsageError `TRAINABLE_SPEC` */
export function checkSpecs(data: unknown): TrainableSpecs {
  const { interventions, mode = "parallel", ...rest } = recordAt(data, "the data");
  const [stranger] = Object.keys(rest);
  if (stranger !== undefined) throw trainableInvalid(stranger, "left out", rest[stranger]);
  if (mode !== "parallel" && mode !== "serial")
    throw trainableInvalid("mode", '"parallel" or "serial"', mode);
  if (!Array.isArray(interventions) || interventions.length === 0)
    throw trainableInvalid("interventions", "a list with at least one", interventions);
  for (const [i, item] of interventions.entries())
    checkSpec(recordAt(item, `interventions[${i}]`), `interventions[${i}]`);
  return data as TrainableSpecs; // just checked
}

function checkSpec(spec: Data, where: string): void {
  const stranger = Object.keys(spec).find((key) => !FIELDS.includes(key));
  if (stranger !== undefined) throw trainableInvalid(`${where}.${stranger}`, "left out", spec[stranger]);
  const kind = TRAINABLE_KINDS.find(({ name }) => name === spec["kind"]);
  if (kind === undefined) {
    const names = TRAINABLE_KINDS.map(({ name }) => name).join(", ");
    throw trainableInvalid(`${where}.kind`, `one of ${names}`, spec["kind"]);
  }
  for (const field of ["at", "source", "link"])
    if ((field === "at" || spec[field] !== undefined) && typeof spec[field] !== "string")
      throw trainableInvalid(`${where}.${field}`, "a text", spec[field]);
  if (!isCount(spec["width"], 1))
    throw trainableInvalid(`${where}.width`, "a whole number from 1 on", spec["width"]);
  const { rank, head, temperature } = spec;
  if (rank !== undefined && (!isCount(rank, 1) || rank > spec["width"]))
    throw trainableInvalid(`${where}.rank`, "a whole number from 1 to the width", rank);
  if (head !== undefined && !isCount(head, 0))
    throw trainableInvalid(`${where}.head`, "a whole number from 0 on", head);
  if (temperature !== undefined)
    checkSchedule(recordAt(temperature, `${where}.temperature`), `${where}.temperature`);
  checkPartition(spec as unknown as TrainableSpec, kind, where);
}

function checkSchedule({ start, end, steps, shape = "linear" }: Data, where: string): void {
  for (const [name, value] of Object.entries({ start, end }))
    if (typeof value !== "number" || !(value > 0))
      throw trainableInvalid(`${where}.${name}`, "a positive number", value);
  if (!isCount(steps, 0)) throw trainableInvalid(`${where}.steps`, "a whole number from 0 on", steps);
  if (shape !== "linear" && shape !== "geometric")
    throw trainableInvalid(`${where}.shape`, '"linear" or "geometric"', shape);
}

function checkPartition(spec: TrainableSpec, kind: TrainableKind, where: string): void {
  const dims = kind.dims(spec);
  const { partition = [[0, dims]], subspaces = [] } = spec;
  const isRange = (range: unknown): boolean =>
    Array.isArray(range) &&
    range.length === 2 &&
    isCount(range[0], 0) &&
    isCount(range[1], range[0] + 1) &&
    range[1] <= dims;
  if (!Array.isArray(partition) || !partition.every(isRange))
    throw trainableInvalid(`${where}.partition`, `ranges [from, to) within ${dims} dimensions`, partition);
  const isSubspace = (at: unknown): boolean => isCount(at, 0) && at < partition.length;
  if (!Array.isArray(subspaces) || !subspaces.every(isSubspace))
    throw trainableInvalid(
      `${where}.subspaces`,
      `numbers of the ${partition.length} ranges of the partition`,
      subspaces,
    );
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least;
}

function recordAt(value: unknown, where: string): Data {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw trainableInvalid(where, "a record", value);
  return value as Data; // just checked
}
