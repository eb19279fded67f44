import {
  checkOptions,
  type Declared,
  type FactoryDescription,
  type Option,
  option,
  readOptions,
  type ValuesOf,
} from "@hookdict/contexts";
import type { Pattern } from "@hookdict/core";
import { countWords, isCount, isTensor } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Baseline } from "./baseline.ts";

/** A method's options, checked against what it declares. */
export interface MethodOptions<V = object> {
  readonly name: string;
  /** What was given. */
  readonly given: FactoryDescription["options"];
  /** That, with the defaults of what was not. */
  readonly values: V;
}

/**
 * Reads what the constructor of a method was given: each option is declared once, with its check and its default.
 *
 * @throws UsageError `OPTIONS_INVALID`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * methodOptions("Mine", { factor: option.number() }, { factor: 2 }).values.factor; // => 2
 */
export function methodOptions<const D extends Declared>(
  name: string,
  declared: D,
  given: unknown,
): MethodOptions<ValuesOf<D>> {
  const checked = checkOptions(name, declared, given);
  return { name, given: checked, values: readOptions(name, declared, checked) };
}

type Optional<T> = Option<T, "optional">;
type Filled<T> = Option<T, "default">;

/** Sites in place of the inputs. */
export const AT: Optional<Pattern> = option.pattern();

/** Sites without which a method makes no sense. */
export const SITES: Option<Pattern, "required"> = AT.wants(
  "the sites that are meant, as a pattern",
).required();

function isBaseline(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (isTensor(value)) return !value.isDisposed;
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord && Object.values(value).every((each) => !isPlainRecord(each) && isBaseline(each));
}

function isPlainRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !isTensor(value);
}

export const BASELINE: Filled<Baseline> = option
  .of<Baseline>("a finite number, a tensor, or one of these for each input by its name", isBaseline)
  .default(0);

/** How many of something. */
export const COUNT: Optional<number> = option.of<number>(countWords(), isCount);
export const SEED: Filled<number> = option.number().default(0);
export const FLAG: Filled<boolean> = option.boolean().default(false);
export const TENSOR: Optional<Tensor> = option.tensor();
export const BASELINES: Option<Tensor, "required"> = TENSOR.wants("a tensor [baselines, ...]").required();
export const UNKNOWN: Filled<"error" | "gradient"> = option.oneOf("error", "gradient").default("error");
