import type { Tensor } from "@tensorflow/tfjs-core";
import { notAGraph } from "./errors.ts";
import { checkArgument, typeName } from "@hookdict/tensordict";
import type { Hookable, HookTarget } from "../targets/target.ts";
import { executorOf, type GraphModelLike, type GraphOutput, isGraphModel } from "./graph-like.ts";
import { type GraphArgs, GraphTarget } from "./graph-target.ts";
import { checkSiteOptions } from "../sites/site-options.ts";
import type { HookGraphOptions } from "./options.ts";

/** A graph, ready to be prepared. */
export interface HookableGraph<M extends GraphModelLike, O> extends Hookable<GraphArgs, O, M> {
  readonly model: M;
}

const OPTIONS = ["axes", "names", "refuses", "constants", "placeholders"];

const targets = new WeakMap<GraphModelLike, HookTarget>();

/**
 * Makes a `tf.GraphModel` hookable. The nodes that compute something are its sites; their names `a/b/c` are paths
 * `a.b.c`, their operation is the site's type. A node with several outputs has a tuple. The nodes of branches and of
 * loops' bodies are below the name of their function, and run as often as it does.
 *
 * Nothing of the model changes before a context is prepared, and all is as before when the last one has ended. Hooks
 * are live in every use of the model: `predict`, `execute`, `predictAsync`, `executeAsync`. No node runs twice for them.
 *
 * `call` of the hooked module is `model.predict`, or `model.execute` if it is given names of outputs; a graph with
 * control flow runs through `callAsync`.
 *
 * @typeParam O What the model returns: `Tensor` (the default) for one output, `Tensor[]` for several, a record of them
 * for a model with structured outputs.
 * @throws UsageError `ARGUMENT_INVALID`, `GRAPH_NOT_A_MODEL`, `GRAPH_NODE_NAME`; MatchError `GRAPH_NAME_UNKNOWN`, or `PATTERN_UNMATCHED` for
 * axes of no node.
 * @example no-run
 * using hooked = new ActivationCaching("**.Softmax").prepare(hookGraph(model));
 * hooked.model.predict(x);
 * hooked.cache.get(["fwd", "encoder.attention.Softmax"]);
 */
export function hookGraph<M extends GraphModelLike, O extends GraphOutput = Tensor>(
  model: M,
  options: HookGraphOptions = {},
): HookableGraph<M, O> {
  const executor = isGraphModel(model) ? executorOf(model) : undefined;
  if (executor === undefined) throw notAGraph(isGraphModel(model) ? "unloaded GraphModel" : typeName(model));
  checkSiteOptions("hookGraph", options, OPTIONS);
  checkArgument("hookGraph", "constants", options.constants, "true or false?");
  checkArgument("hookGraph", "placeholders", options.placeholders, "true or false?");
  const known = Object.keys(options).length === 0 ? targets.get(model) : undefined;
  const target = (known as GraphTarget<M, O> | undefined) ?? new GraphTarget<M, O>(model, executor, options);
  // Without options a model has one target. Options make one of their own, which shares the nodes' hooks.
  if (Object.keys(options).length === 0) targets.set(model, target);
  return Object.freeze({ model, hookTarget: () => target });
}
