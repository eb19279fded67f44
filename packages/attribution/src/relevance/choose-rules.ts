import { compilePattern } from "@hookdict/core";
import { ruleMissing } from "../errors.ts";
import type { AttributionContext } from "../method.ts";
import type { PartDescription } from "../parts/part.ts";
import { type Place, placesOf } from "../parts/place.ts";
import type { Composite } from "./composites.ts";
import type { RuledPlace } from "./hook-rules.ts";
import { mergeBatchNorms } from "./merge-batch-norm.ts";
import type { RelevanceRule } from "./rule.ts";
import { gradient } from "./rules/gradient.ts";
import { pass } from "./rules/pass.ts";

/** What becomes of places that have no rule. */
export interface UnknownPlaces {
  /** A place without a rule is an error, or lets its gradient pass. Default `"error"`. */
  readonly unknown?: "error" | "gradient";
}

/** Which rules stand where. */
export interface RuleChoice extends UnknownPlaces {
  readonly composite: Composite;
  /** Rules of places by pattern, before the composite's. */
  readonly rules?: Readonly<Record<string, RelevanceRule>>;
  readonly mergeBatchNorm?: boolean;
}

/**
 * Every place of the model and its rules.
 *
 * @throws UsageError `RULE_MISSING` for a place without one; MatchError for a pattern that matches nothing.
 */
export function chooseRules(context: AttributionContext, choice: RuleChoice): readonly RuledPlace[] {
  const { mergeBatchNorm = false, unknown = "error" } = choice;
  const { target } = context;
  const found = placesOf(target);
  const places = mergeBatchNorm ? mergeBatchNorms(found) : found;
  if (unknown === "error" && places.length === 0) throw ruleMissing(context.name, target.name, target.kind); // it is one piece
  const chooser = new Chooser(context, choice);
  return places.map((place) => ({ place, rules: chooser.rulesOf(place) }));
}

class Chooser {
  readonly #context: AttributionContext;
  readonly #choice: RuleChoice;
  readonly #named: readonly {
    readonly matches: (site: Place["site"]) => boolean;
    readonly rule: RelevanceRule;
  }[];
  #isFirst: boolean;

  constructor(context: AttributionContext, choice: RuleChoice) {
    this.#context = context;
    this.#choice = choice;
    this.#isFirst = choice.composite.first !== undefined;
    this.#named = Object.entries(choice.rules ?? {}).map(([pattern, rule]) => {
      context.sites(pattern); // a pattern that matches nothing is an error
      return { matches: compilePattern(pattern).matches, rule };
    });
  }

  /** A rule by name is that of the first stage, such as the linear operation of a layer with an activation. */
  rulesOf(place: Place): RuledPlace["rules"] {
    const named = this.#named.find(({ matches }) => matches(place.site))?.rule;
    const stages = place.stages ?? [undefined];
    return stages.map((part, i) => {
      const byKind = this.#byKind(part);
      const rule = i === 0 && named !== undefined ? named : byKind;
      if (rule === undefined && needsRule(part) && this.#choice.unknown !== "gradient")
        throw ruleMissing(this.#context.name, place.site.path, place.site.type);
      // Plain gradients know nothing of a merged norm.
      return rule ?? (part?.linear?.isMerged === true ? gradient() : undefined);
    });
  }

  #byKind(part: PartDescription | undefined): RelevanceRule | undefined {
    const { kinds, first, firstOf = ["linear", "convolution"] } = this.#choice.composite;
    if (part === undefined) return undefined;
    if (part.kind === "bias") return pass();
    const isFirst = this.#isFirst && firstOf.includes(part.kind);
    if (isFirst) this.#isFirst = false;
    return isFirst ? first : kinds[part.kind];
  }
}

/** Nothing flows back through tables of embeddings and constants. */
function needsRule(part: PartDescription | undefined): boolean {
  return part?.kind !== "embedding" && part?.kind !== "constant";
}
