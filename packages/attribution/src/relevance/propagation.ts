import { compilePattern, type HookInfo, type Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { mul, reshape, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { conservationBroken, ruleMissing } from "../errors.ts";
import { mapPlaces, totals } from "../gradient/line.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
  placeOf,
} from "../method.ts";
import { describePart, innermost } from "../parts/describe.ts";
import type { PartDescription } from "../parts/part.ts";
import { type Composite, epsilonPlus } from "./composites.ts";
import { mergeBatchNorms } from "./merge-batch-norm.ts";
import type { RelevanceRule } from "./rule.ts";

/** Options of {@link LayerwiseRelevancePropagation}. */
export interface RelevanceOptions extends AttributionOptions {
  /** Rules by kind of place. Default `epsilonPlus()`. */
  readonly composite?: Composite;
  /** Rules of places by pattern, before the composite's. */
  readonly rules?: Readonly<Record<string, RelevanceRule>>;
  /** What becomes of a place without a rule: an error, or its gradient. Default `"error"`. */
  readonly unknown?: "error" | "gradient";
  /** What the target begins with: its value (relevance then sums to it), or 1, as in Zennit. Default `"value"`. */
  readonly start?: "value" | "one";
  /** Merge batch norms into the layers before them while the context lasts. Default `false`. */
  readonly mergeBatchNorm?: boolean;
  /** Only the relevance of one channel of a site's output goes on (concept relevance propagation). */
  readonly condition?: { readonly site: string; readonly channel: number };
  /** Check that relevance at the inputs sums to the target within so much of it. Default no check. */
  readonly conservation?: number;
}

/** What a place saw in the pass under way. */
interface Seen {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/**
 * Layer-wise relevance propagation: the target's value is passed back through the model by rules that keep its sum.
 *
 * Rules act on what the model declares: its {@link Part}s. A place without a rule is an error that names it.
 *
 * @see Bach et al., https://doi.org/10.1371/journal.pone.0130140; Montavon et al.,
 * https://doi.org/10.1007/978-3-030-28954-6_10; Achtibat et al. (conditions), https://arxiv.org/abs/2206.03208
 */
export class LayerwiseRelevancePropagation extends AttributionMethod {
  override readonly name = "LayerwiseRelevancePropagation";
  readonly #options: RelevanceOptions;

  constructor(options: RelevanceOptions = {}) {
    super(options);
    this.#options = options;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const { condition, mergeBatchNorm = false } = this.#options;
    if (mergeBatchNorm) context.defer(mergeBatchNorms(context.target));
    const passages = new Map<string, Seen>();
    const forget = (): void => {
      for (const { inputs, output } of passages.values())
        for (const each of [...inputs, output]) each.dispose();
      passages.clear();
    };
    context.binding.onRunStart(forget);
    context.defer(forget);
    for (const { site, rule, part } of this.#places(context))
      if (rule !== undefined) hookRule(context, site, rule, part, passages);
    if (condition !== undefined) hookCondition(context, condition);
  }

  /** Every innermost place and its rule. @throws UsageError `RULE_MISSING` */
  #places(
    context: AttributionContext,
  ): { site: Site; rule: RelevanceRule | undefined; part: PartDescription | undefined }[] {
    const { composite = epsilonPlus(), rules = {}, unknown = "error" } = this.#options;
    const named = Object.entries(rules).map(([pattern, rule]) => {
      context.sites(pattern); // a pattern that matches nothing is an error
      return { matcher: compilePattern(pattern), rule };
    });
    let isFirst = composite.first !== undefined;
    return innermost(context.target)
      .filter(({ kind }) => kind !== "point")
      .map((site) => {
        const part = describePart(context.target, site);
        const isLinear = part?.kind === "linear" || part?.kind === "convolution";
        const byKind = isLinear && isFirst ? composite.first : part && composite.kinds[part.kind];
        if (isLinear) isFirst = false;
        const rule = named.find(({ matcher }) => matcher.matches(site))?.rule ?? byKind;
        if (rule === undefined && unknown === "error" && part?.kind !== "embedding")
          throw ruleMissing(site.path, site.type);
        return { site, rule, part };
      });
  }

  override *compute(job: Job): Computation {
    const { start = "value", conservation } = this.#options;
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
    if (conservation !== undefined)
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

function hookRule(
  context: AttributionContext,
  site: Site,
  rule: RelevanceRule,
  part: PartDescription | undefined,
  passages: Map<string, Seen>,
): void {
  const isOurs = (): boolean => context.listening?.pass.isOwn === true;
  context.hook({ sites: [site] }, "fwd", {
    kind: "observe",
    run: (value: unknown, info: HookInfo) => {
      const inputs = (Array.isArray(info.inputs) ? info.inputs : [info.inputs]) as readonly unknown[];
      if (!isOurs() || !isTensor(value) || !inputs.every(isTensor)) return;
      passages.set(placeOf(info), { inputs: inputs.map(keptClone), output: keptClone(value) });
    },
  });
  context.hook({ sites: [site] }, "bwd", {
    unfired: "ignore",
    run: (gradient: unknown, info: HookInfo) => {
      const seen = passages.get(placeOf(info));
      if (!isOurs() || seen === undefined || !isTensor(info.gradOutput)) return undefined;
      const isTuple = Array.isArray(gradient);
      const gradients = (isTuple ? gradient : [gradient]) as readonly Tensor[]; // every input is a tensor
      const passed = rule.pass({ ...seen, relevance: info.gradOutput, gradients, part });
      for (const each of [...seen.inputs, seen.output]) each.dispose();
      passages.delete(placeOf(info));
      return isTuple ? passed : passed[0];
    },
  });
}

function hookCondition(
  context: AttributionContext,
  { site, channel }: NonNullable<RelevanceOptions["condition"]>,
): void {
  context.hook(site, "bwd_pre", {
    unfired: "ignore",
    run: (relevance: unknown) => {
      if (context.listening?.pass.isOwn !== true || !isTensor(relevance)) return undefined;
      const width = relevance.shape.at(-1) ?? 1;
      return mul(relevance, tensor1d(Array.from({ length: width }, (_, i) => Number(i === channel))));
    },
  });
}
