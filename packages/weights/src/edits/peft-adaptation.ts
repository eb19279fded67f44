import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import { keptClone } from "@hookdict/tensordict/tensors";
import { tidy } from "@tensorflow/tfjs-core";
import { adapt, type AdaptationMode } from "../low-rank/adapt.ts";
import type { LowRankFactors } from "../low-rank/factors.ts";
import { factorsOf } from "../peft/factors-of.ts";
import { PeftAdapter } from "../peft/peft-adapter.ts";
import { WeightContext } from "../weight-context.ts";

/** Options of {@link PeftAdaptation}. */
export interface PeftAdaptationOptions {
  /** From `loadPeftAdapter`. *Borrowed*, while a model is prepared. */
  readonly adapter: PeftAdapter;
  /** See `LowRankAdaptationOptions.mode`. Default `"merged"`. */
  readonly mode?: AdaptationMode;
  /** What the adapter counts. Default 1. */
  readonly strength?: number;
}

/**
 * An adapter that PEFT has saved, on the model that it was trained on: names of modules are those of the checkpoint, and find
 * the weights that became of it, split and turned as they are here.
 *
 * @throws MatchError `ADAPTER_MODULE` where the model has no kernel of a name; UsageError `ADAPTER_SHARED` for a tied embedding, `ADAPTER_BASE`,
 * `ADAPTER_LIVE`; ShapeError `FACTORS_UNFIT`
 * @example no-run
 * using adapter = await loadPeftAdapter("./my-adapter");
 * using adapted = new PeftAdaptation({ adapter, strength: 0.5 }).prepare(model);
 */
export const PeftAdaptation: ContextClass<PeftAdaptationOptions, WeightContext, undefined> = defineContext({
  name: "PeftAdaptation",
  pattern: false,
  context: WeightContext,
  options: {
    adapter: option
      .of<PeftAdapter>(
        "a PeftAdapter that is alive",
        (value) => value instanceof PeftAdapter && !value.isDisposed,
      )
      .required(),
    mode: option.oneOf("merged", "live").default("merged"),
    strength: option.number().default(1),
  },
  setUp(context, { adapter, mode, strength }) {
    let owned: Record<string, LowRankFactors> = {};
    tidy(() => {
      const made = factorsOf(adapter, context.target);
      owned = Object.fromEntries(Object.entries(made).map(([path, each]) => [path, kept(context, each)]));
    });
    adapt(context, owned, mode, strength);
  },
});

/** A description of an adapter's use; see the class of the same name. */
export type PeftAdaptation = DefinedFactory<PeftAdaptationOptions, WeightContext, undefined>;

function kept(context: WeightContext, { a, b, magnitude, ...rest }: LowRankFactors): LowRankFactors {
  return {
    ...rest,
    a: context.own(keptClone(a)),
    b: context.own(keptClone(b)),
    ...(magnitude !== undefined && { magnitude: context.own(keptClone(magnitude)) }),
  };
}
