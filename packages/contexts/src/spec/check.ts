import { isDirection } from "@hookdict/core";
import { util } from "@tensorflow/tfjs-core";
import { knockoutMask, specInvalid } from "../errors.ts";
import type { HookSpec, TensorData } from "./hook-spec.ts";
import { KINDS, OPS } from "./words.ts";

type Data = Readonly<Record<string, unknown>>;

const CHECKS: Readonly<Record<string, (value: unknown, where: string) => void>> = {
  value: checkValue,
  mask: checkMask,
  factor: (value, where) => {
    if (typeof value !== "number" || !Number.isFinite(value))
      throw specInvalid(where, "a finite number", value);
  },
  positions: checkPositions,
  position: (value, where) => {
    if (!Number.isInteger(value)) throw specInvalid(where, "a whole number", value);
  },
  pos: (value, where) => {
    if (!Number.isInteger(value)) checkPositions(value, where);
  },
};

/**
 * Checks data of any origin.
 *
 * @throws UsageError `SPEC_INVALID` with the place in the data; `KNOCKOUT_MASK` for a mask with a row that cuts all.
 */
export function checkSpec(data: unknown): HookSpec {
  const spec = recordAt(data, "the spec", ["captures", "interventions"]);
  for (const [i, capture] of listAt(spec["captures"], "captures").entries())
    checkPlace(recordAt(capture, `captures[${i}]`, ["at", "direction"]), `captures[${i}]`);
  for (const [i, item] of listAt(spec["interventions"], "interventions").entries())
    checkIntervention(item, `interventions[${i}]`);
  return spec; // just checked
}

function checkIntervention(data: unknown, where: string): void {
  const given = recordAt(data, where);
  const by = "op" in given && !("kind" in given) ? "op" : "kind";
  const words = by === "op" ? OPS : KINDS;
  const name = given[by];
  const word = typeof name === "string" && Object.hasOwn(words, name) ? words[name] : undefined;
  if (word === undefined)
    throw specInvalid(`${where}.${by}`, `one of ${Object.keys(words).join(", ")}`, name);
  const { needs, may } = word;
  const record = recordAt(data, where, [by, "at", "direction", ...needs, ...may]);
  checkPlace(record, where);
  for (const field of [...needs, ...may.filter((one) => record[one] !== undefined)])
    CHECKS[field]?.(record[field], `${where}.${field}`);
}

function checkPlace({ at, direction = "fwd" }: Data, where: string): void {
  if (typeof at !== "string") throw specInvalid(`${where}.at`, "a glob", at);
  if (!isDirection(direction)) throw specInvalid(`${where}.direction`, "a direction", direction);
}

function checkValue(data: unknown, where: string): void {
  if (typeof data === "number" ? Number.isFinite(data) : isNumbers(data) && data.length > 0) return;
  if (typeof data === "number" || Array.isArray(data))
    throw specInvalid(where, "a tensor, a list of finite numbers or a finite number", data);
  checkTensor(data, where);
}

function checkTensor(data: unknown, where: string): void {
  const { shape, dtype = "float32", values } = recordAt(data, where, ["shape", "dtype", "values"]);
  if (!isNumbers(shape) || !shape.every((size) => Number.isInteger(size) && size >= 0))
    throw specInvalid(`${where}.shape`, "a list of sizes", shape);
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
    throw specInvalid(`${where}.dtype`, "float32, int32 or bool", dtype);
  const count = util.sizeFromShape([...shape]);
  if (!isNumbers(values) || values.length !== count) {
    const got: unknown = isNumbers(values) ? `${values.length} numbers` : values;
    throw specInvalid(`${where}.values`, `a list of ${count} finite numbers`, got);
  }
}

function checkMask(data: unknown, where: string): void {
  checkTensor(data, where);
  const { shape, values } = data as TensorData; // just checked
  if (shape.length < 2) throw specInvalid(`${where}.shape`, "at least [dest, src]", shape);
  const width = shape.at(-1) ?? 0;
  const rows = width > 0 ? values.length / width : 0;
  for (let row = 0; row < rows; row++) {
    if (values.slice(row * width, (row + 1) * width).every((value) => value !== 0))
      throw knockoutMask(where, row);
  }
}

function checkPositions(value: unknown, where: string): void {
  const isGood = isNumbers(value) && value.every(Number.isInteger) && new Set(value).size === value.length;
  if (!isGood || value.length === 0) throw specInvalid(where, "a list of different whole numbers", value);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number" && Number.isFinite(item));
}

function recordAt(value: unknown, where: string, fields?: readonly string[]): Data {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw specInvalid(where, "a record", value);
  const stranger = fields && Object.keys(value).find((key) => !fields.includes(key));
  if (stranger !== undefined)
    throw specInvalid(where, `a record of ${fields?.join(", ")}`, `one with ${stranger}`);
  return value as Data; // just checked
}

function listAt(value: unknown = [], where = ""): readonly unknown[] {
  if (!Array.isArray(value)) throw specInvalid(where, "a list", value);
  return value as readonly unknown[]; // just checked
}
