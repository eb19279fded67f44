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

/** Fields that are read, or that say how an adapter was trained, not what it computes. All others must be neutral. */
const HARMLESS: ReadonlySet<string> = new Set(
  [
    "peft_type r lora_alpha use_rslora use_dora rank_pattern alpha_pattern bias init_lora_weights",
    "task_type auto_mapping peft_version base_model_name_or_path revision inference_mode fan_in_fan_out",
    "target_modules exclude_modules layers_to_transform layers_pattern lora_dropout megatron_core",
    "qalora_group_size runtime_config loftq_config eva_config corda_config lora_ga_config",
  ].flatMap((line) => line.split(" ")),
);

/** Ways of beginning that leave the model's own weights as they are. */
const BEGINNINGS: ReadonlySet<unknown> = new Set([
  undefined,
  null,
  true,
  false,
  "gaussian",
  "eva",
  "orthogonal",
]);

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
  for (const [name, value] of Object.entries(given))
    if (!HARMLESS.has(name) && !isNeutral(value))
      throw adapterConfig(file, name, value, "nothing: it is not supported");
  const beginning = read("init_lora_weights");
  if (!BEGINNINGS.has(beginning))
    throw adapterConfig(
      file,
      "init_lora_weights",
      beginning,
      "one that leaves the model's weights alone: save it with path_initial_model_for_weight_conversion",
    );
  return {
    rank,
    alpha,
    isRankStabilized: flag(read("use_rslora"), file, "use_rslora"),
    hasMagnitudes: flag(read("use_dora"), file, "use_dora"),
    rankPattern: pattern(read("rank_pattern"), file, "rank_pattern", isCount),
    alphaPattern: pattern(read("alpha_pattern"), file, "alpha_pattern", isNumber),
  };
}

/** What a pattern says of a module, as PEFT has it: the first expression that its name, or the end of it, matches. */
export function patternValue(values: Readonly<Record<string, number>>, module: string): number | undefined {
  const found = Object.keys(values).find((key) => new RegExp(`^(?:.*\\.)?(?:${key})$`).test(module));
  return found === undefined ? undefined : values[found];
}

/** Characters, classes and groups, of which characters and classes alone may repeat: so much takes no time. */
const EXPRESSION =
  /^\^?(?:(?:[\w-]|\\[.dwDW-]|\.|\[\^?(?:\w|\\[.dw-]|[.-])+\])(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})?|\((?:\?:)?|\||\))+$/;
const MOST_REPEATS = 4;

function isExpression(key: string): boolean {
  if (key.length > 200 || !EXPRESSION.test(key)) return false;
  if ((key.match(/[*+{]/g) ?? []).length > MOST_REPEATS) return false;
  try {
    return new RegExp(key) instanceof RegExp;
  } catch {
    return false; // such as parentheses that do not match
  }
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
    if (!isExpression(key))
      throw adapterConfig(
        file,
        `${name}.${key}`,
        each,
        "by names of modules, or expressions without repeated groups",
      );
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

function isNeutral(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
