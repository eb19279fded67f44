import { generationOption } from "./errors.ts";
import type { LogitsStep } from "./logits-step.ts";
import { frequencyPenalty } from "./steps/frequency-penalty.ts";
import { minP } from "./steps/min-p.ts";
import { presencePenalty } from "./steps/presence-penalty.ts";
import { repetitionPenalty } from "./steps/repetition-penalty.ts";
import { temperature } from "./steps/temperature.ts";
import { topK } from "./steps/top-k.ts";
import { topP } from "./steps/top-p.ts";

/** Options that each make one step of changing logits. */
export interface LogitsOptions {
  readonly repetitionPenalty?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
}

/** A step that an option makes. */
interface OptionStep {
  readonly option: keyof LogitsOptions;
  readonly want: string;
  readonly accepts: (value: number) => boolean;
  readonly make: (value: number) => LogitsStep;
}

const isPositive = (value: number): boolean => value > 0 && value < Infinity;
const isShare = (value: number): boolean => value > 0 && value <= 1;

/** Every such step, in the order in which they run. */
export const LOGITS_STEPS: readonly OptionStep[] = [
  {
    option: "repetitionPenalty",
    want: "a number above 0",
    accepts: isPositive,
    make: repetitionPenalty,
  },
  { option: "frequencyPenalty", want: "a number", accepts: Number.isFinite, make: frequencyPenalty },
  { option: "presencePenalty", want: "a number", accepts: Number.isFinite, make: presencePenalty },
  { option: "temperature", want: "a number above 0", accepts: isPositive, make: temperature },
  {
    option: "topK",
    want: "a whole number from 1 on",
    accepts: (value) => Number.isSafeInteger(value) && value > 0,
    make: topK,
  },
  { option: "topP", want: "a number above 0, at most 1", accepts: isShare, make: topP },
  { option: "minP", want: "a number above 0, at most 1", accepts: isShare, make: minP },
];

/** Steps for the options that are given; @throws UsageError `GENERATION_OPTION`. */
export function logitsSteps(options: LogitsOptions): LogitsStep[] {
  return LOGITS_STEPS.flatMap(({ option, want, accepts, make }) => {
    const value: unknown = options[option];
    if (value === undefined) return [];
    if (typeof value !== "number" || !accepts(value)) throw generationOption(option, want, value);
    return [make(value)];
  });
}
