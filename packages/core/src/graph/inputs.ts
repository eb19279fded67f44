import { checkArgument, isPlainRecord, isTensor, nearestNames } from "@hookdict/tensordict";
import { graphInputs, unknownOutput } from "./errors.ts";
import { type GraphExecutor, type GraphModelLike, type GraphNode, parseTensorName } from "./graph-like.ts";

/** The node that a name in a call means: of the graph, with the number of an output or not, or of the signature. */
export function nodeNamed({ graph }: GraphExecutor, name: string): GraphNode | undefined {
  const signed = [...graph.inputs, ...graph.outputs].find(({ signatureKey }) => signatureKey === name);
  const [own] = parseTensorName(name);
  return signed ?? (Object.hasOwn(graph.nodes, own) ? graph.nodes[own] : undefined);
}

/**
 * Checks what a graph is called with, before the converter does: tensors that live, at most one for each input or by the
 * names of nodes, of dtypes and shapes that fit; and the names of outputs.
 *
 * @throws ShapeError `GRAPH_INPUTS`; MatchError `GRAPH_OUTPUT_UNKNOWN`; UsageError `ARGUMENT_INVALID`
 */
export function checkCall(
  model: GraphModelLike,
  executor: GraphExecutor,
  given: unknown,
  outputs: unknown,
): void {
  const pairs = pairsOf(model, given);
  const fits = pairs?.every(([name, tensor]) => fitsNode(nodeNamed(executor, name), tensor)) ?? false;
  if (!fits) throw graphInputs(given, inputsText(executor));
  if (outputs === undefined) return;
  const asked: unknown = typeof outputs === "string" ? [outputs] : outputs;
  checkArgument("call", "outputs", asked, "a list of texts");
  for (const name of asked as readonly string[]) {
    if (nodeNamed(executor, name) !== undefined) continue; // just checked
    throw unknownOutput(name, nearestNames(name, Object.keys(executor.graph.nodes)));
  }
}

/** Inputs with their names, as one or more of a record, or in the order of the model's; `undefined` for something else. */
function pairsOf(model: GraphModelLike, given: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (isPlainRecord(given)) return Object.entries(given);
  if (!isTensor(given) && !Array.isArray(given)) return undefined;
  const tensors: readonly unknown[] = Array.isArray(given) ? given : [given];
  const names = model.inputNodes;
  return tensors.length > names.length ? undefined : tensors.map((tensor, i) => [names[i] ?? "", tensor]);
}

/** What the converter checks of a value that is fed to a node. */
function fitsNode(node: GraphNode | undefined, tensor: unknown): boolean {
  if (node === undefined || !isTensor(tensor) || tensor.isDisposed) return false;
  const { shape, dtype } = typeOf(node);
  if (dtype !== undefined && dtype !== tensor.dtype) return false;
  if (shape === undefined) return true;
  return (
    shape.length === tensor.rank && shape.every((size, axis) => size === -1 || size === tensor.shape[axis])
  );
}

function typeOf({ attrParams }: GraphNode): { readonly shape?: readonly number[]; readonly dtype?: string } {
  const { shape, dtype } = attrParams as {
    readonly shape?: { readonly value?: readonly number[] | null };
    readonly dtype?: { readonly value?: string | null };
  };
  return {
    ...(shape?.value ? { shape: shape.value } : {}),
    ...(dtype?.value ? { dtype: dtype.value } : {}),
  };
}

/** The graph's inputs, for messages: `x float32 [any, 3]`. */
export function inputsText({ graph }: GraphExecutor): readonly string[] {
  return graph.inputs.map((node) => {
    const { shape, dtype } = typeOf(node);
    const sizes = shape?.map((size) => (size === -1 ? "any" : size)).join(", ");
    const name = node.signatureKey ?? node.name;
    return [name, dtype, sizes === undefined ? undefined : `[${sizes}]`]
      .filter((part) => part !== undefined)
      .join(" ");
  });
}
