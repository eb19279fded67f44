import {
  type ContextClass,
  defineContext,
  type DefinedFactory,
  type HookingContext,
  option,
} from "@hookdict/contexts";
import type { HookInfo, Pattern, Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { isDictionary, type SparseDictionary } from "./dictionary.ts";
import { DictionarySite, type ErrorTerm } from "./dictionary-site.ts";
import { inputNotSeen, sitesSeveral, siteUnknown, widthDiffers } from "./errors.ts";
import { WaitingReadings } from "./waiting.ts";

/** Options of {@link DictionarySplicing}. */
export interface DictionarySplicingOptions {
  /** *Borrowed*, until the context ends. */
  readonly dictionary: SparseDictionary;
  /** The site whose values are encoded. Default what the dictionary says. */
  readonly at?: Pattern;
  /** The site whose values are reconstructed. Default what the dictionary says, or `at`. */
  readonly output?: Pattern;
  /**
   * What becomes of what the dictionary does not reconstruct. `"kept"`: it is added, so that the model computes what it did until
   * features are changed. `"constant"`: the same, and no gradient passes by it: all go through features. `"none"`: it is lost, and the
   * reconstruction stands alone. Default `"kept"`.
   */
  readonly errorTerm?: ErrorTerm;
  /** The last segment of the dictionary's path. Default `"sae"`, or `"transcoder"` where the output is another site. */
  readonly name?: string;
}

/** A description of where a dictionary stands; see the class of the same name. */
export type DictionarySplicing = DefinedFactory<DictionarySplicingOptions, HookingContext, undefined>;

/**
 * Puts a sparse dictionary into a model: its features are sites, below that of the values that it reads:
 * `blocks.3.hook_resid_post.sae.features`, `[batch, pos, feature]`; `blocks.3.hook_resid_post.sae.features[17]` is one of them. Beside
 * them are `input`, `preactivations`, `reconstruction`, `error` (what the reconstruction lacks) and `output`. Contexts that are prepared
 * after it capture, patch and steer them like any site, and gradients pass on both sides.
 *
 * @throws UsageError `DICTIONARY_SITE`, `DICTIONARY_SITES`, `MOUNT_TAKEN`, MatchError `PATTERN_UNMATCHED` from `prepare`; ShapeError
 * `DICTIONARY_WIDTH`, UsageError `DICTIONARY_ORDER` from the run
 * @example no-run
 * const splicing = new DictionarySplicing({ dictionary });
 * const caching = new ActivationCaching("**.sae.features");
 * using hooked = compose(splicing, caching).prepare(model);
 * hooked.call(tokens).dispose();
 * hooked.cache.get(["fwd", "blocks.8.hook_resid_pre.sae.features"]); // [batch, pos, feature]
 */
export const DictionarySplicing: ContextClass<DictionarySplicingOptions, HookingContext, undefined> =
  defineContext({
    name: "DictionarySplicing",
    pattern: false,
    options: {
      dictionary: option.of<SparseDictionary>("a SparseDictionary", isDictionary).required(),
      at: option.pattern(),
      output: option.pattern(),
      errorTerm: option.oneOf("kept", "constant", "none").default("kept"),
      name: option.string(),
    },
    setUp(context, { dictionary, at, output, errorTerm, name }) {
      const { site, outputSite } = dictionary.config;
      const input = onlySite(context, "at", at ?? site);
      // Another place than the dictionary's own is both, unless the output is told.
      const target = output ?? (at === undefined ? outputSite : undefined);
      const end = target === undefined ? input : onlySite(context, "output", target);
      const module = new DictionarySite(dictionary, errorTerm, { input: input.axes, output: end.axes });
      const isOne = end.path === input.path;
      context.mount(`${input.path}.${name ?? (isOne ? "sae" : "transcoder")}`, module);
      if (isOne)
        context.hook({ sites: [input] }, "fwd", (value, { site: place }) =>
          module.forward(valueAt(value, place, dictionary)),
        );
      else spliceApart(context, dictionary, module, { input, end });
    },
  });

function onlySite(context: HookingContext, name: string, pattern: Pattern | undefined): Site {
  if (pattern === undefined) throw siteUnknown(name);
  const [only, ...others] = context.sites(pattern);
  if (only === undefined) throw siteUnknown(name); // where contexts may match nothing
  if (others.length > 0)
    throw sitesSeveral(
      name,
      [only, ...others].map(({ path }) => path),
    );
  return only;
}

/** Reads at one site and writes at another: what was read waits, and ends with the run. */
function spliceApart(
  context: HookingContext,
  dictionary: SparseDictionary,
  module: DictionarySite,
  { input, end }: { readonly input: Site; readonly end: Site },
): void {
  const waiting = new WaitingReadings();
  context.binding.onRunEnd(() => waiting.forget());
  context.defer(() => waiting.forget());
  context.hook({ sites: [input] }, "fwd", {
    kind: "observe",
    run: (value: unknown, { site, pass }: HookInfo) =>
      waiting.put(pass, module.read(valueAt(value, site, dictionary))),
  });
  context.hook({ sites: [end] }, "fwd", {
    run: (value: Tensor, { site, pass }: HookInfo) =>
      module.write(value, [waiting.get(pass) ?? inputNotSeenAt(site, input)]),
  });
}

function inputNotSeenAt(site: Site, input: Site): never {
  throw inputNotSeen(site, input.path);
}

/** The value, which must be one that the dictionary reads. */
export function valueAt(value: unknown, site: Site, dictionary: SparseDictionary): Tensor {
  const { dIn } = dictionary.config;
  const isOne = isTensor(value) && value.dtype === "float32";
  if (!isOne || !dictionary.reads(value))
    throw widthDiffers("reads", `[..., ${dIn}]`, isTensor(value) ? value.shape : typeof value, site);
  return value;
}
