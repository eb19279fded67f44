import { describeValue, MatchError, ShapeError, UsageError } from "@hookdict/tensordict";
import { formatNameFault, type NameFault } from "../sites/name-fault.ts";

export function notAGraph(got: string): UsageError {
  return new UsageError({
    code: "GRAPH_NOT_A_MODEL",
    what: `hookGraph was given a ${got}, which is not a loaded tf.GraphModel.`,
    hint:
      "Load one with loadGraphModel of @tensorflow/tfjs-converter; a tf.LayersModel goes to hookLayers " +
      "(@hookdict/core/layers), a function to hookFunction (@hookdict/core).",
    fields: { got },
  });
}

export function needsAsync(node: string, op: string): UsageError {
  return new UsageError({
    code: "GRAPH_NEEDS_ASYNC",
    what: `The graph cannot run at once: its node ${JSON.stringify(node)} is a ${op}, whose result comes later.`,
    hint: "Use await hooked.callAsync(...), or model.executeAsync(...); or feed tensors for the nodes after it.",
    fields: { node, op },
  });
}

export function opAsync(cause: Error): UsageError {
  const op = /op '([^']*)'/.exec(cause.message)?.[1] ?? "";
  return new UsageError({
    code: "GRAPH_OP_ASYNC",
    what: `The graph's operation ${op === "" || op.startsWith("HookdictNode") ? "" : `${JSON.stringify(op)} `}that was registered returned a promise.`,
    hint: "Register it with an ordinary function: await what it needs before the model runs.",
    fields: { op },
    cause,
  });
}

export function graphInputs(given: unknown, inputs: readonly string[]): ShapeError {
  return new ShapeError({
    code: "GRAPH_INPUTS",
    what: `The graph was called with ${describeValue(given)}.`,
    hint: `Its inputs are ${inputs.join(", ") || "none"}: give tensors that live, in a list of as many or by name.`,
    fields: { inputs },
  });
}

export function unknownOutput(name: string, nearest: readonly string[]): MatchError {
  return new MatchError({
    code: "GRAPH_OUTPUT_UNKNOWN",
    what: `The output ${JSON.stringify(name)} was asked of the graph, but no node has that name.`,
    hint: `The nearest names are ${nearest.join(", ")}.`,
    fields: { name, nearest },
  });
}

export function badNodeName(node: string, fault: NameFault): UsageError {
  return new UsageError({
    code: "GRAPH_NODE_NAME",
    what: `The node ${JSON.stringify(node)} cannot be a site under its name: ${formatNameFault(fault, "node")}.`,
    hint: `Give it another one: hookGraph(model, { names: { ${JSON.stringify(node)}: "..." } }).`,
    fields: { node, reason: fault.kind },
  });
}

export function unknownNodeName(name: string, nearest: readonly string[]): MatchError {
  return new MatchError({
    code: "GRAPH_NAME_UNKNOWN",
    what: `The option names of hookGraph renames ${JSON.stringify(name)}, but no node has that name.`,
    hint: nearest.length === 0 ? "The model has no nodes." : `The nearest names are ${nearest.join(", ")}.`,
    fields: { name, nearest },
  });
}
