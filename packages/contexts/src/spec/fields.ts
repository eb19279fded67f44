import { util } from "@tensorflow/tfjs-core";
import { specInvalid } from "../errors.ts";
import type { TensorData } from "./data.ts";

/** Says of a field of data from anywhere what is wrong with it. @throws UsageError `SPEC_INVALID` with the place in the data */
export type Check = (value: unknown, where: string) => void;

export type Data = Readonly<Record<string, unknown>>;

export function checkFinite(value: unknown, where: string): void {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw specInvalid(where, "a finite number", value);
}

export function checkPosition(value: unknown, where: string): void {
  if (!Number.isInteger(value)) throw specInvalid(where, "a whole number", value);
}

export function checkPositions(value: unknown, where: string): void {
  const isGood = isNumbers(value) && value.every(Number.isInteger) && new Set(value).size === value.length;
  if (!isGood || value.length === 0) throw specInvalid(where, "a list of different whole numbers", value);
}

export function checkValue(data: unknown, where: string): void {
  if (typeof data === "number" ? Number.isFinite(data) : isNumbers(data) && data.length > 0) return;
  if (typeof data === "number" || Array.isArray(data))
    throw specInvalid(where, "a tensor, a list of finite numbers or a finite number", data);
  checkTensor(data, where);
}

export function checkTensor(data: unknown, where: string): TensorData {
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
  return { shape, dtype, values };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number" && Number.isFinite(item));
}

/** A record, of the given fields alone where they are given. */
export function recordAt(value: unknown, where: string, fields?: readonly string[]): Data {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw specInvalid(where, "a record", value);
  const stranger = fields && Object.keys(value).find((key) => !fields.includes(key));
  if (stranger !== undefined)
    throw specInvalid(where, `a record of ${fields?.join(", ")}`, `one with ${stranger}`);
  return value as Data; // just checked
}

export function listAt(value: unknown = [], where = ""): readonly unknown[] {
  if (!Array.isArray(value)) throw specInvalid(where, "a list", value);
  return value as readonly unknown[]; // just checked
}
