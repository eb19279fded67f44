import type { Tensor } from "@tensorflow/tfjs-core";
import { notALayer } from "./errors.ts";
import { typeName } from "@hookdict/tensordict";
import type { Hookable, HookTarget } from "../targets/target.ts";
import { isLayer, type LayerLike } from "./layer-like.ts";
import { type LayersArgs, LayersTarget } from "./layers-target.ts";
import { checkSiteOptions } from "../sites/site-options.ts";
import type { HookLayersOptions } from "./options.ts";

/** A model of layers, ready to be prepared. */
export interface HookableLayers<M extends LayerLike, O> extends Hookable<LayersArgs, O, M> {
  readonly model: M;
}

const targets = new WeakMap<LayerLike, HookTarget>();

/**
 * Makes a `tf.LayersModel`, a `tf.Sequential` or a bare layer hookable. Its layers are the sites; nested models,
 * recurrent cells and wrapped layers are below them: `encoder.dense`, `lstm.cell`, `timeDistributed.layer`. Nothing of
 * the model changes before a context is prepared, and all is as before when the last one has ended.
 *
 * Hooks are live in every use of the model: `predict`, `predictOnBatch`, `evaluate`, `fit`, `apply`, also inside other
 * models. `call` of the hooked module is `model.apply`: one forward pass over the whole batch. A hook that throws while
 * the model is trained makes `fit` reject once its loop has ended; the step that failed learns nothing.
 *
 * @typeParam O What the model returns: `Tensor` (the default) for one output, `Tensor[]` for several.
 * @throws UsageError `ARGUMENT_INVALID`, `LAYERS_NOT_A_LAYER`, `LAYERS_NAME`, `LAYER_ASYNC`; MatchError `LAYERS_NAME_UNKNOWN`, `LAYERS_AXES_UNKNOWN`.
 * @example no-run
 * using hooked = new ActivationCaching("dense").prepare(hookLayers(model, { axes: { dense: ["batch", "unit"] } }));
 * hooked.model.predict(x);
 * hooked.cache.get(["fwd", "dense"]);
 */
export function hookLayers<M extends LayerLike, O extends Tensor | Tensor[] = Tensor>(
  model: M,
  options: HookLayersOptions = {},
): HookableLayers<M, O> {
  if (!isLayer(model)) throw notALayer(typeName(model));
  checkSiteOptions("hookLayers", options, ["axes", "names", "refuses"]);
  const target = targetOf<M, O>(model, options);
  return Object.freeze({ model, hookTarget: () => target });
}

/** Without options a model has one target. Options make one of their own, which shares the layers' hooks. */
function targetOf<M extends LayerLike, O>(
  model: M,
  options: HookLayersOptions,
): HookTarget<LayersArgs, O, M> {
  const isBare = Object.values(options).every((value) => value === undefined);
  if (!isBare) return new LayersTarget(model, options);
  const known = targets.get(model);
  if (known !== undefined) return known as LayersTarget<M, O>; // what is set below
  const target = new LayersTarget<M, O>(model, {});
  targets.set(model, target);
  return target;
}
