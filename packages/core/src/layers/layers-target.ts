import { asyncKind } from "../targets/asynchronous.ts";
import { namingOutputs } from "./outputs.ts";
import { axesOfNoLayer, layerAsync, unknownLayerName } from "./errors.ts";
import type { HookSlot } from "../hooks/slot.ts";
import { nearestNames } from "@hookdict/tensordict";
import { compilePattern } from "../sites/pattern.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import { siteUnknown } from "../targets/errors.ts";
import { HookTarget } from "../targets/target.ts";
import { type Weight, WeightList } from "../weights/weight.ts";
import { isContainer, type LayerInputs, type LayerKeywords, type LayerLike } from "./layer-like.ts";
import { slotOf } from "./layer-slots.ts";
import type { HookLayersOptions } from "./options.ts";
import { type Refusal, refusalOf } from "../sites/site-options.ts";
import { checkInputs } from "./inputs.ts";
import { watchRuns } from "./runs.ts";
import { type LayerNames, type LayerSite, walkLayers } from "./tree.ts";

/** What a model of layers is called with. */
export type LayersArgs = readonly [inputs: LayerInputs, keywords?: LayerKeywords];

/** What stops noticing the runs of a model; one for all its targets. */
const watches = new WeakMap<LayerLike, () => void>();

/** A model of layers, or a bare layer, under hooks. */
export class LayersTarget<M extends LayerLike, O> extends HookTarget<LayersArgs, O, M> {
  readonly kind: SiteKind = "layer";
  readonly model: M;
  protected override readonly refusal: Refusal;
  readonly #names: LayerNames;
  readonly #axes: readonly (readonly [matches: (site: Site) => boolean, axes: readonly string[]])[];
  /** Layers by path, as of the latest look. */
  #layers = new Map<string, LayerLike>();

  constructor(model: M, { axes = {}, names = {}, refuses }: HookLayersOptions) {
    super();
    this.model = model;
    this.#names = { ...names };
    const found = walkLayers(model, this.#names);
    checkCalls(found);
    checkNames(this.#names, found);
    this.refusal = refusalOf(
      refuses,
      found.map(({ site }) => site),
    );
    checkAxes(Object.keys(axes), found);
    this.#axes = Object.entries(axes).map(([glob, named]) => [compilePattern(glob).matches, [...named]]);
  }

  get name(): string {
    return this.model.name;
  }

  protected override ownSites(): readonly Site[] {
    const found = walkLayers(this.model, this.#names);
    this.#layers = new Map(found.map(({ site, layer }) => [site.path, layer]));
    return found.map(({ site }) => this.#withAxes(site));
  }

  /** Those of a layer that others wrap are named by the wrapped one. */
  override weights(): readonly Weight[] {
    const found = walkLayers(this.model, this.#names);
    const list = new WeightList();
    const deepestFirst = [...found].sort((a, b) => b.site.segments.length - a.site.segments.length);
    const owners = new Map<Tensor, LayerSite>();
    for (const each of deepestFirst)
      for (const { tensor } of variablesOf(each.layer)) if (!owners.has(tensor)) owners.set(tensor, each);
    for (const each of found)
      for (const { name, tensor } of variablesOf(each.layer))
        if (owners.get(tensor) === each)
          for (const path of [each.site.path, ...(each.site.aliases ?? [])])
            list.add([...path.split("."), name], tensor);
    return list.weights;
  }

  override placeAt(site: Site): unknown {
    if (!this.#layers.has(site.path)) this.sites();
    return this.#layers.get(site.path);
  }

  override invoke([inputs, keywords]: LayersArgs): O {
    checkInputs(this.model, inputs);
    // Structural types say nothing of inputs; they were just checked.
    return namingOutputs(() => this.model.apply(inputs as never, { ...keywords } as never)) as O;
  }

  protected override acquire(site: Site): HookSlot {
    const layer = this.#layers.get(site.path);
    if (layer === undefined) throw siteUnknown(this.name, site.path);
    return slotOf(layer);
  }

  protected override watch(on: boolean): void {
    const { model } = this;
    if (on) checkCalls(walkLayers(model, this.#names)); // it may have grown
    const slot = slotOf(model);
    const others = slot.roots.filter((root) => root !== this);
    slot.roots = on ? [...others, this] : others;
    if (on && others.length === 0 && isContainer(model)) watches.set(model, watchRuns(model, slot));
    if (slot.roots.length > 0) return;
    watches.get(model)?.();
    watches.delete(model);
    if (slot.isEmpty) slot.release();
  }

  #withAxes(site: Site): Site {
    const axes = this.#axes.find(([matches]) => matches(site))?.[1];
    return axes === undefined ? site : { ...site, axes };
  }
}

/** Models of layers run at once, whatever is hooked of them. @throws UsageError `LAYER_ASYNC` */
function checkCalls(found: readonly LayerSite[]): void {
  for (const { layer } of found) {
    // oxlint-disable-next-line typescript/unbound-method -- only looked at
    const kind = asyncKind(layer.call);
    if (kind !== undefined) throw layerAsync(layer.name, kind);
  }
}

/** A layer's variables, by the last part of their names: `kernel` of `dense/kernel`. */
function variablesOf(layer: LayerLike): readonly { readonly name: string; readonly tensor: Tensor }[] {
  return (layer.weights ?? []).map((variable) => ({
    name: variable.originalName.split("/").at(-1) ?? variable.originalName,
    tensor: variable.read(),
  }));
}

function checkNames(names: LayerNames, found: readonly LayerSite[]): void {
  const known = [...new Set(found.map(({ layer }) => layer.name))];
  for (const name of Object.keys(names)) {
    if (!known.includes(name)) throw unknownLayerName(name, nearestNames(name, known));
  }
}

function checkAxes(globs: readonly string[], found: readonly LayerSite[]): void {
  const paths = found.map(({ site }) => site.path);
  for (const glob of globs) {
    const { matches } = compilePattern(glob);
    if (found.some(({ site }) => matches(site))) continue;
    throw axesOfNoLayer(glob, nearestNames(glob, paths));
  }
}
