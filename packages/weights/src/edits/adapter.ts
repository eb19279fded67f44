import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import type { Pattern, Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import type { Tensor } from "@tensorflow/tfjs-core";
import { adapterSites, adapterSource } from "../errors.ts";
import { WeightContext } from "../weight-context.ts";

/** A module between two places. **Ownership:** *borrows* the value; the result belongs to the run. */
export type AdapterFunction = (value: Tensor) => Tensor;

/** An adapter that is called as a module is. */
export interface AdapterModule {
  call(value: Tensor): Tensor;
}

/** Options of {@link Adapter}. */
export interface AdapterOptions {
  /** The one site whose output the adapter is given. */
  readonly source: Pattern;
  /** The one site whose output it replaces. Default the source. */
  readonly target?: Pattern;
  /** A module, or a function. */
  readonly adapter: AdapterModule | AdapterFunction;
}

/**
 * Puts what a module makes of one site's output in the place of another's, or of the same: bottleneck adapters, transcoders in
 * the place of an MLP, linear maps between layers. Gradients flow through it.
 *
 * @throws UsageError `ADAPTER_SITES` for a pattern that matches several sites; MatchError `PATTERN_UNMATCHED`; in a run
 * UsageError `ADAPTER_SOURCE` where the source has not run before the target.
 * @see Houlsby et al., https://arxiv.org/abs/1902.00751
 * @example
 * const model = hookFunction((x: Tensor) => site("out", neg(site("in", x))), { sites: { in: null, out: null } });
 * using adapted = new Adapter({ source: "in", target: "out", adapter: (x) => mul(x, 10) }).prepare(model);
 * adapted.call(scalar(2)).arraySync(); // => 20
 */
export const Adapter: ContextClass<AdapterOptions, WeightContext, undefined> = defineContext({
  name: "Adapter",
  pattern: false,
  context: WeightContext,
  options: {
    source: option.pattern().required(),
    target: option.pattern(),
    adapter: option
      .of<AdapterModule | AdapterFunction>("a module, or a function of a tensor", isAdapter)
      .required(),
  },
  setUp(context, { source, target = source, adapter }) {
    const adapt = typeof adapter === "function" ? adapter : (value: Tensor): Tensor => adapter.call(value);
    const [from, to] = [one(context, "source", source), one(context, "target", target)];
    if (from === undefined || to === undefined) return;
    if (from.path === to.path) {
      context.hook({ sites: [to] }, "fwd", (value: Tensor) => adapt(value));
      return;
    }
    let latest: Tensor | undefined;
    const clear = (): void => {
      latest?.dispose();
      latest = undefined;
    };
    context.binding.onRunStart(clear);
    context.binding.onRunEnd(clear);
    context.defer(clear);
    context.hook({ sites: [from] }, "fwd", {
      kind: "observe",
      order: "post",
      run: (value: unknown) => {
        clear();
        latest = isTensor(value) ? keptClone(value) : undefined;
      },
    });
    context.hook({ sites: [to] }, "fwd", () => {
      if (latest === undefined) throw adapterSource(from.path, to.path);
      return adapt(latest);
    });
  },
});

/** A description of an adapter; see the class of the same name. */
export type Adapter = DefinedFactory<AdapterOptions, WeightContext, undefined>;

/** @throws UsageError `ADAPTER_SITES` */
function one(context: WeightContext, role: string, pattern: Pattern): Site | undefined {
  const sites = context.sites(pattern);
  if (sites.length > 1)
    throw adapterSites(
      role,
      sites.map(({ path }) => path),
    );
  return sites[0];
}

function isAdapter(value: unknown): boolean {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && "call" in value && typeof value.call === "function";
}
