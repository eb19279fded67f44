import type { Tensor } from "@tensorflow/tfjs-core";
import { unknownNodeName } from "./errors.ts";
import type { HookSlot } from "../hooks/slot.ts";
import { nothingMatched } from "../sites/errors.ts";
import { mapTensors, tensorsOf } from "@hookdict/tensordict";
import { nearestNames } from "@hookdict/tensordict";
import { compilePattern } from "../sites/pattern.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import { siteUnknown } from "../targets/errors.ts";
import { HookTarget } from "../targets/target.ts";
import { segmentsIn, type Weight, WeightList } from "../weights/weight.ts";
import { share } from "@hookdict/tensordict/tensors";
import type { GraphExecutor, GraphInputs, GraphModelLike } from "./graph-like.ts";
import { inputSlotOf } from "./input-slots.ts";
import { planRun } from "./needed.ts";
import { slotOf } from "./node-slots.ts";
import { type NodeSite, walkNodes } from "./nodes.ts";
import { type Refusal, refusalOf } from "../sites/site-options.ts";
import { GraphPlace } from "./place.ts";
import type { HookGraphOptions } from "./options.ts";
import { watchRuns } from "./runs.ts";

/** What a graph is called with: its inputs and, to have others than its own, the names of outputs. */
export type GraphArgs = readonly [inputs: GraphInputs, outputs?: string | string[]];

/** A graph under hooks. */
export class GraphTarget<M extends GraphModelLike, O> extends HookTarget<GraphArgs, O, M> {
  readonly kind: SiteKind = "node";
  readonly model: M;
  protected override readonly refusal: Refusal;
  readonly name = "GraphModel";
  readonly #executor: GraphExecutor;
  /** Sites by path; a graph does not change. */
  readonly #nodes: ReadonlyMap<string, NodeSite>;
  readonly #sites: readonly Site[];

  constructor(model: M, executor: GraphExecutor, options: HookGraphOptions) {
    super();
    this.model = model;
    this.#executor = executor;
    checkNames(options.names ?? {}, namesOf(executor));
    const found = walkNodes(executor, options);
    this.#nodes = new Map(found.map((node) => [node.site.path, node]));
    this.#sites = withAxes(
      found.map(({ site }) => site),
      options.axes ?? {},
    );
    this.refusal = refusalOf(options.refuses, this.#sites);
  }

  protected override ownSites(): readonly Site[] {
    return this.#sites;
  }

  override weights(): readonly Weight[] {
    const list = new WeightList();
    for (const [name, tensors] of Object.entries(this.#executor.weightMap))
      tensors.forEach((tensor, i) =>
        list.add([...segmentsIn(name), ...(tensors.length > 1 ? [String(i)] : [])], tensor),
      );
    return list.weights;
  }

  override placeAt(site: Site): unknown {
    const found = this.#nodes.get(site.path);
    return found === undefined ? undefined : new GraphPlace(found.node, this.#executor);
  }

  /** @throws UsageError `GRAPH_NEEDS_ASYNC` */
  override invoke([inputs, outputs]: GraphArgs): O {
    const { model } = this;
    // The type parameter says what this model returns.
    return (outputs === undefined ? model.predict(inputs) : model.execute(inputs, outputs)) as O;
  }

  override async callAsync(args: GraphArgs): Promise<O> {
    const [inputs, outputs] = args;
    const { model } = this;
    const { waiting, mayWait } = planRun(model, this.#executor, inputs, outputs);
    if (waiting === undefined && !mayWait) return this.call(args);
    const given = await (outputs === undefined
      ? model.predictAsync(inputs)
      : model.executeAsync(inputs, outputs));
    const borrowed = new Set<Tensor>([
      ...tensorsOf(inputs),
      ...Object.values(this.#executor.weightMap).flat(),
    ]);
    const owned = mapTensors(given, (tensor) => {
      if (tensor.kept || borrowed.has(tensor)) return share(tensor);
      borrowed.add(tensor);
      return tensor;
    });
    return owned as O; // as above
  }

  protected override acquire(site: Site): HookSlot {
    const found = this.#nodes.get(site.path);
    if (found === undefined) throw siteUnknown(this.name, site.path);
    return found.isInput ? inputSlotOf(found.node, this.#executor) : slotOf(found.node, this.#executor);
  }

  protected override watch(on: boolean): void {
    watchRuns(this.model, this.#executor, this, on);
  }
}

function namesOf({ graph }: GraphExecutor): readonly string[] {
  return [graph, ...Object.values(graph.functions ?? {})].flatMap(({ nodes }) => Object.keys(nodes));
}

function checkNames(names: Readonly<Record<string, string>>, known: readonly string[]): void {
  for (const name of Object.keys(names))
    if (!known.includes(name)) throw unknownNodeName(name, nearestNames(name, known));
}

function withAxes(
  sites: readonly Site[],
  axes: Readonly<Record<string, readonly string[]>>,
): readonly Site[] {
  const declared = Object.entries(axes).map(([glob, names]) => {
    const { matches } = compilePattern(glob);
    if (!sites.some(matches)) {
      const paths = sites.map((site) => site.path);
      throw nothingMatched([glob], paths.length, nearestNames(glob, paths));
    }
    return { matches, names: [...names] };
  });
  return sites.map((site) => {
    const found = declared.find(({ matches }) => matches(site));
    return found === undefined ? site : { ...site, axes: found.names };
  });
}
