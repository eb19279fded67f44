import {
  type ContextClass,
  defineContext,
  type DefinedFactory,
  type HookingContext,
  option,
} from "@hookdict/contexts";
import { type Hookable, type HookInfo, resolveTarget, type Site } from "@hookdict/core";
import { argumentInvalid, checkOptionNames } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { DictionarySite, type DictionaryReading, type ErrorTerm } from "../dictionary-site.ts";
import type { SparseDictionary } from "../dictionary.ts";
import { inputNotSeen } from "../errors.ts";
import { valueAt } from "../splicing.ts";
import { WaitingReadings } from "../waiting.ts";
import { isTranscoders, type Transcoders } from "./transcoders.ts";
import { layersAbsent } from "./errors.ts";

/** Options of {@link TranscoderSplicing}. */
export interface TranscoderSplicingOptions {
  /** *Borrowed*, until the context ends. */
  readonly transcoders: Transcoders;
  /** Where layers read, with `{layer}` for the number: `blocks.{layer}.hook_resid_mid`. Default what the transcoders say. */
  readonly input?: string;
  /** Where layers write: `blocks.{layer}.hook_mlp_out`. Default what the transcoders say. */
  readonly output?: string;
  /** What becomes of what is not reconstructed, as for `DictionarySplicing`. Default `"kept"`. */
  readonly errorTerm?: ErrorTerm;
  /** The last segment of the transcoders' paths. Default `"transcoder"`. */
  readonly name?: string;
}

/** A description of transcoders in a model; see the class of the same name. */
export type TranscoderSplicing = DefinedFactory<TranscoderSplicingOptions, HookingContext, undefined>;

/**
 * Puts the transcoders of all layers into a model, cross-layer or not: the features of each layer are sites below the one that it reads,
 * `blocks.3.hook_resid_mid.transcoder.features`, `[batch, pos, feature]`, with the sites that `DictionarySplicing` has beside them. A
 * change of a feature reaches every layer that it writes in.
 *
 * @throws UsageError `TRANSCODER_SITES`, `MOUNT_TAKEN` from `prepare`; ShapeError `DICTIONARY_WIDTH`, UsageError `DICTIONARY_ORDER` from the
 * run
 * @example no-run
 * using transcoders = await loadTranscoders("./clt-gemma-2-2b-426k");
 * const silence = new Interventions({
 *   interventions: [{ kind: "zero", at: "blocks.3.hook_resid_mid.transcoder.features[17]" }],
 * });
 * using hooked = compose(new TranscoderSplicing({ transcoders }), silence).prepare(model);
 */
export const TranscoderSplicing: ContextClass<TranscoderSplicingOptions, HookingContext, undefined> =
  defineContext({
    name: "TranscoderSplicing",
    pattern: false,
    options: {
      transcoders: option.of<Transcoders>("Transcoders", isTranscoders).required(),
      input: option.string(),
      output: option.string(),
      errorTerm: option.oneOf("kept", "constant", "none").default("kept"),
      name: option.string().default("transcoder"),
    },
    setUp(context, { transcoders, input, output, errorTerm, name }) {
      const places = placesIn(context.binding.target.sites(), transcoders, { input, output });
      const waiting = places.map(() => new WaitingReadings());
      const forget = (): void => {
        for (const each of waiting) each.forget();
      };
      context.binding.onRunEnd(forget);
      context.defer(forget);
      for (const [at, place] of places.entries()) {
        const dictionary = transcoders.layers[at] as SparseDictionary; // one for each place
        const module = new DictionarySite(
          dictionary,
          errorTerm,
          { input: place.input.axes, output: place.output.axes },
          (features, x) => transcoders.decodeAt(at, features, x),
        );
        context.mount(`${place.input.path}.${name}`, module);
        context.hook({ sites: [place.input] }, "fwd", {
          kind: "observe",
          run: (value: unknown, { site, pass }: HookInfo) =>
            waiting[at]?.put(pass, module.read(valueAt(value, site, dictionary))),
        });
        context.hook({ sites: [place.output] }, "fwd", {
          run: (value: Tensor, { site, pass }: HookInfo) => {
            const readings = waiting.slice(0, at + 1).map((each, layer): DictionaryReading => {
              const found = each.get(pass);
              if (found === undefined) throw inputNotSeen(site, places[layer]?.input.path ?? "");
              return found;
            });
            return module.write(value, readings);
          },
        });
      }
    },
  });

/** Where a layer's transcoder reads and writes in a model. */
export interface TranscoderPlace {
  readonly input: Site;
  readonly output: Site;
}

/**
 * Where each layer reads and writes in a model.
 *
 * @param given Paths with `{layer}` in place of what the transcoders say.
 * @throws UsageError `TRANSCODER_SITES`, `ARGUMENT_INVALID`; what is no model as everywhere
 * @example no-run
 * transcoderPlaces(model, transcoders)[3].input.path; // => "blocks.3.hook_resid_mid"
 */
export function transcoderPlaces(
  model: Hookable,
  transcoders: Transcoders,
  given: { readonly input?: string | undefined; readonly output?: string | undefined } = {},
): TranscoderPlace[] {
  checkOptionNames("transcoderPlaces", given, ["input", "output"]);
  if (!isTranscoders(transcoders))
    throw argumentInvalid("transcoderPlaces", "transcoders", transcoders, "Transcoders");
  return placesIn(resolveTarget(model).sites(), transcoders, given);
}

function placesIn(
  sites: readonly Site[],
  { layers }: Transcoders,
  given: { readonly input?: string | undefined; readonly output?: string | undefined },
): TranscoderPlace[] {
  const byPath = new Map(sites.map((site) => [site.path, site]));
  const absent: string[] = [];
  const find = (template: string | undefined, own: string | undefined, what: string, layer: number): Site => {
    const path = template?.replaceAll("{layer}", `${layer}`) ?? own;
    const site = path === undefined ? undefined : byPath.get(path);
    if (site === undefined) absent.push(path ?? `the ${what} of layer ${layer}`);
    return site as Site; // refused below where there is none
  };
  const places = layers.map(({ config }, layer) => ({
    input: find(given.input, config.site, "input", layer),
    output: find(given.output, config.outputSite, "output", layer),
  }));
  const paths = new Set(places.flatMap(({ input, output }) => [input?.path, output?.path]));
  if (absent.length > 0) throw layersAbsent(layers.length, `it lacks ${absent.slice(0, 4).join(", ")}`);
  if (paths.size < 2 * layers.length)
    throw layersAbsent(
      layers.length,
      `they read and write at ${paths.size} places, not ${2 * layers.length}`,
    );
  return places;
}
