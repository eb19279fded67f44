import { checkOptions, type Declared, option, optionInvalid, type Shapes } from "@hookdict/contexts";
import { COUNT } from "./options.ts";
import type { AbortSignalLike, AsyncAttributeOptions, Progress } from "./job.ts";
import type { AttributionPlanOptions } from "./plan.ts";
import type { Target } from "./target.ts";

/** What is checked against the batch, when that is known. */
const target = option.of<Target>("a target", () => true);

const ATTRIBUTE = {
  target,
  targets: option.list(target, 1).wants("a list of at least one target"),
  batchSize: option.of<readonly number[]>("the sizes of the batch", () => true), // likewise
  internalBatchSize: COUNT,
  keep: option.list(option.string()).wants("a list of names of what was computed on the way"),
  onProgress: option.fn<(progress: Progress) => void>(),
};

const MORE = {
  attribute: ATTRIBUTE,
  async: {
    ...ATTRIBUTE,
    signal: option.of<AbortSignalLike>(
      "an AbortSignal",
      (value) => typeof value === "object" && value !== null && "aborted" in value,
    ),
  },
  plan: {
    ...ATTRIBUTE,
    shapes: option.of<Shapes>(
      "what scan(model, ...inputs) gives",
      (value) => typeof value === "object" && value !== null,
    ),
  },
} satisfies Readonly<Record<string, Declared>>;

/**
 * The options of one attribution, without what is `undefined`.
 *
 * @throws UsageError `OPTIONS_INVALID`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function runOptions(
  owner: string,
  kind: "attribute" | "async" | "plan",
  given: unknown,
): AsyncAttributeOptions & AttributionPlanOptions {
  const options = checkOptions(owner, MORE[kind], given) as AsyncAttributeOptions & AttributionPlanOptions; // as declared
  if (options.targets !== undefined && options.target !== undefined)
    throw optionInvalid(owner, "target", options.target, "either target or targets");
  return options;
}
