import { checkOptionNames } from "@hookdict/tensordict";
import { HookingContextFactory, type FactoryDescription, type HookingContext } from "@hookdict/contexts";
import type { Hookable, Pattern } from "@hookdict/core";
import { mean, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { nextTokenKl, nextTokenLoss } from "../effects/next-token.ts";
import { needDictionary, type SparseDictionary } from "./dictionary.ts";
import { siteUnknown } from "./errors.ts";
import { DictionarySplicing } from "./splicing.ts";

/** Options of {@link measureSplicing}. */
export interface MeasureSplicingOptions {
  /** The site whose values are encoded. Default what the dictionary says. */
  readonly at?: Pattern;
  /** The site whose values are reconstructed. Default what the dictionary says, or `at`. */
  readonly output?: Pattern;
}

/** What a dictionary's reconstruction costs a language model. Losses and divergences are means, in nats. */
export interface SplicingMetrics {
  /** Of the next tokens, by the model as it is. */
  readonly lossBefore: number;
  /** With the reconstruction in the values' place. */
  readonly lossSpliced: number;
  /** With zeros in the values' place. */
  readonly lossAblated: number;
  /** `(lossAblated - lossSpliced) / (lossAblated - lossBefore)`: the part of the loss that the reconstruction recovers. */
  readonly score: number;
  /** How far the next tokens' distributions move from the model's own. */
  readonly klSpliced: number;
  readonly klAblated: number;
}

/**
 * Measures what becomes of a language model's predictions when a dictionary's reconstruction stands in for what it reconstructs, in three
 * passes. **Ownership:** borrows all.
 *
 * @param model Gives logits `[batch, pos, dVocab]` of int32 tokens `[batch, pos]`.
 * @throws ShapeError `LOGITS_INVALID`, `DICTIONARY_WIDTH`; what `prepare` of `DictionarySplicing` throws
 * @example no-run
 * const { score } = await measureSplicing(model, dictionary, model.tokens("When Mary and John went to the store"));
 */
export async function measureSplicing(
  model: Hookable,
  dictionary: SparseDictionary,
  tokens: Tensor,
  options: MeasureSplicingOptions = {},
): Promise<SplicingMetrics> {
  checkOptionNames("measureSplicing", options, ["at", "output"]);
  const { at, output } = options;
  needDictionary("measureSplicing", dictionary);
  const { site, outputSite } = dictionary.config;
  const end = output ?? at ?? outputSite ?? site;
  if (end === undefined) throw siteUnknown("at");
  const places = { ...(at !== undefined && { at }), ...(output !== undefined && { output }) };
  const factories = [
    new Nothing(),
    new DictionarySplicing({ dictionary, errorTerm: "none", ...places }),
    new Nothing(end),
  ];
  const logits: Tensor[] = [];
  try {
    for (const factory of factories) {
      using hooked = factory.prepare(model);
      logits.push(hooked.call(tokens) as Tensor); // `nextTokenLoss` checks it
    }
    const [before, spliced, ablated] = logits as [Tensor, Tensor, Tensor];
    const found = tidy(() => [
      ...[before, spliced, ablated].map((one) => nextTokenLoss(one, tokens)),
      ...[spliced, ablated].map((one) => mean(nextTokenKl(before, one))),
    ]);
    return await metricsOf(found);
  } finally {
    for (const one of logits) one.dispose();
  }
}

async function metricsOf(found: readonly Tensor[]): Promise<SplicingMetrics> {
  try {
    const values = await Promise.all(found.map(async (one) => (await one.data())[0] ?? Number.NaN));
    const [lossBefore, lossSpliced, lossAblated, klSpliced, klAblated] = values as [
      number,
      number,
      number,
      number,
      number,
    ];
    const score = (lossAblated - lossSpliced) / (lossAblated - lossBefore);
    return { lossBefore, lossSpliced, lossAblated, score, klSpliced, klAblated };
  } finally {
    for (const one of found) one.dispose();
  }
}

/** Zeros at a site, or nothing. */
class Nothing extends HookingContextFactory {
  readonly #at: Pattern | undefined;

  constructor(at?: Pattern) {
    super();
    this.#at = at;
  }

  override describe(): FactoryDescription {
    return { name: "measureSplicing", options: { at: this.#at } };
  }

  protected override setUp(context: HookingContext): void {
    if (this.#at !== undefined) context.hook(this.#at, "fwd", (value: Tensor) => zerosLike(value));
  }
}
