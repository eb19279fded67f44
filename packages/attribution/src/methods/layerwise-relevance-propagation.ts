import { AT, FLAG, methodOptions, UNKNOWN } from "../options.ts";
import { checkArgument, isTensor } from "@hookdict/tensordict";
import { mul, reshape, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { type FactoryDescription, option, type ValuesOf } from "@hookdict/contexts";
import { conservationBroken } from "../errors.ts";
import { mapPlaces, totals } from "../gradient/line.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { type Composite, describeComposite, epsilonPlus, isComposite } from "../relevance/composites.ts";
import { hookRules } from "../relevance/hook-rules.ts";
import { describeRule, isRule, type RelevanceRule } from "../relevance/rule.ts";

/** Options of {@link LayerwiseRelevancePropagation}. */
export interface RelevanceOptions extends AttributionOptions, UnknownPlaces {
  /** Rules by kind of place. Default `epsilonPlus()`. */
  readonly composite?: Composite;
  /** Rules of places by pattern, before the composite's. */
  readonly rules?: Readonly<Record<string, RelevanceRule>>;
  /** What the target begins with: its value (relevance then sums to it), or 1, as in Zennit. Default `"value"`. */
  readonly start?: "value" | "one";
  /** Take batch norms and the layers before them as one, as rules see them; the model is not changed. Default `false`. */
  readonly mergeBatchNorm?: boolean;
  /** Only the relevance of one channel of a site's output goes on (concept relevance propagation). */
  readonly condition?: { readonly site: string; readonly channel: number };
  /** Check that relevance at the inputs sums to the target within so much of it. Default no check. */
  readonly conservation?: number;
}

const OPTIONS = {
  at: AT,
  unknown: UNKNOWN,
  composite: option.of<Composite>("a composite, such as epsilonPlus()", isComposite).default(epsilonPlus()),
  rules: option
    .record(option.of<RelevanceRule>("a rule, such as epsilon()", isRule))
    .wants("rules by pattern")
    .default({}),
  start: option.oneOf("value", "one").default("value"),
  mergeBatchNorm: FLAG,
  condition: option.of<NonNullable<RelevanceOptions["condition"]>>(
    "{ site, channel }: a site, and a whole number from 0 on",
    isCondition,
  ),
  conservation: option.number({ min: 0 }),
};

function isCondition(value: unknown): boolean {
  const { site, channel } = (value ?? {}) as Partial<Record<"site" | "channel", unknown>>; // anything
  return typeof site === "string" && Number.isInteger(channel) && (channel as number) >= 0; // just seen
}

/**
 * Layer-wise relevance propagation: the target's value is passed back through the model by rules that keep its sum.
 *
 * Rules act on what the model is made of: layers and graph operations by their kind, {@link Part}s of own modules. A
 * place without a rule is an error that names it.
 *
 * @see Bach et al., https://doi.org/10.1371/journal.pone.0130140; Montavon et al.,
 * https://doi.org/10.1007/978-3-030-28954-6_10; Achtibat et al. (conditions), https://arxiv.org/abs/2206.03208
 */
export class LayerwiseRelevancePropagation extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: RelevanceOptions = {}) {
    const read = methodOptions("LayerwiseRelevancePropagation", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  /** Composites and rules are what they were made with: two of separate calls are equal. */
  protected override shown(options: FactoryDescription["options"]): FactoryDescription["options"] {
    checkArgument("shown", "options", options, "a record");
    const { composite, rules, ...others } = options as RelevanceOptions; // as they were read
    return {
      ...others,
      ...(composite && { composite: describeComposite(composite) }),
      ...(rules && {
        rules: Object.fromEntries(Object.entries(rules).map(([path, rule]) => [path, describeRule(rule)])),
      }),
    };
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const { condition, mergeBatchNorm, composite, rules, unknown } = this.#options;
    hookRules(context, chooseRules(context, { composite, rules, unknown, mergeBatchNorm }));
    if (condition !== undefined) hookCondition(context, condition);
  }

  override *compute(job: Job): Computation {
    const { start, conservation } = this.#options;
    const { gradients, scores } = yield {
      inputs: job.args.tensors,
      rows: job.batch,
      score: job.score,
      gradients: job.places,
      isOwn: true,
    };
    const value = scores as Tensor; // there is a score
    const attr =
      start === "one"
        ? gradients
        : mapPlaces(gradients, (each) =>
            mul(each, reshape(value, [-1, ...each.shape.slice(1).map(() => 1)])),
          );
    if (conservation !== undefined && !job.isPlanned)
      checkConservation(attr, start === "one" ? undefined : value, conservation);
    return { attr };
  }
}

function checkConservation(
  attr: Readonly<Record<string, Tensor>>,
  value: Tensor | undefined,
  tolerance: number,
): void {
  const wanted = value?.dataSync();
  for (const [i, sum] of totals(attr).dataSync().entries()) {
    const total = wanted?.[i] ?? 1;
    if (!(Math.abs(sum - total) <= tolerance * Math.abs(total))) throw conservationBroken(sum - total, total);
  }
}

function hookCondition(
  context: AttributionContext,
  { site, channel }: NonNullable<RelevanceOptions["condition"]>,
): void {
  context.hook(site, "bwd_pre", {
    unfired: "ignore",
    run: (relevance: unknown) => {
      if (context.listening?.isOwn !== true || !isTensor(relevance)) return undefined;
      const width = relevance.shape.at(-1) ?? 1;
      return mul(relevance, tensor1d(Array.from({ length: width }, (_, i) => Number(i === channel))));
    },
  });
}
