import { isPlainRecord } from "@hookdict/tensordict";
import { adapterConfig } from "./errors.ts";

/** What `adapter_config.json` says. */
export interface PeftConfig {
  readonly rank: number;
  readonly alpha: number;
  readonly isRankStabilized: boolean;
  readonly hasMagnitudes: boolean;
  /** Ranks and alphas of some modules, by the end of their names. */
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
}

/** Fields that change what is computed, and that only their neutral values are understood of. */
const UNSUPPORTED = [
  "modules_to_save",
  "layer_replication",
  "trainable_token_indices",
  "target_parameters",
  "lora_bias",
] as const;

/** @throws FormatError `ADAPTER_CONFIG` */
export function parsePeftConfig(given: unknown, file: string): PeftConfig {
  if (!isPlainRecord(given)) throw adapterConfig(file, "the file", given, "a record");
  const read = (name: string): unknown => (Object.hasOwn(given, name) ? given[name] : undefined);
  if (read("peft_type") !== "LORA") throw adapterConfig(file, "peft_type", read("peft_type"), '"LORA"');
  const rank = read("r");
  if (!isCount(rank)) throw adapterConfig(file, "r", rank, "a whole number from 1 on");
  const alpha = read("lora_alpha") ?? 8; // PEFT's default
  if (!isNumber(alpha)) throw adapterConfig(file, "lora_alpha", alpha, "a number");
  const bias = read("bias") ?? "none";
  if (bias !== "none") throw adapterConfig(file, "bias", bias, '"none": biases are not read from adapters');
  for (const name of UNSUPPORTED) {
    const value = read(name);
    const isNeutral = value === undefined || value === null || value === false || isEmpty(value);
    if (!isNeutral) throw adapterConfig(file, name, value, "nothing: it is not supported");
  }
  return {
    rank,
    alpha,
    isRankStabilized: flag(read("use_rslora"), file, "use_rslora"),
    hasMagnitudes: flag(read("use_dora"), file, "use_dora"),
    rankPattern: pattern(read("rank_pattern"), file, "rank_pattern", isCount),
    alphaPattern: pattern(read("alpha_pattern"), file, "alpha_pattern", isNumber),
  };
}

/** What a pattern says of a module, by its whole name or the end of it. */
export function patternValue(values: Readonly<Record<string, number>>, module: string): number | undefined {
  const found = Object.keys(values).find((key) =>
    key.startsWith("^") ? key.slice(1) === module : key === module || module.endsWith(`.${key}`),
  );
  return found === undefined ? undefined : values[found];
}

function flag(value: unknown, file: string, name: string): boolean {
  if (value === undefined || value === null || typeof value === "boolean") return value === true;
  throw adapterConfig(file, name, value, "true or false");
}

function pattern(
  value: unknown,
  file: string,
  name: string,
  isFit: (each: unknown) => each is number,
): Readonly<Record<string, number>> {
  if (value === undefined || value === null) return {};
  if (!isPlainRecord(value)) throw adapterConfig(file, name, value, "numbers by the names of modules");
  for (const [key, each] of Object.entries(value)) {
    if (!/^\^?[\w.-]+$/.test(key))
      throw adapterConfig(file, `${name}.${key}`, each, "names of modules, no other expressions");
    if (!isFit(each)) throw adapterConfig(file, `${name}.${key}`, each, "a number");
  }
  return value as Readonly<Record<string, number>>; // just checked
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
