import { clone, type NamedTensorMap, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { HookSlot } from "../hooks/slot.ts";
import { isTensor } from "@hookdict/tensordict";
import {
  type GraphExecutor,
  type GraphInputs,
  type GraphModelLike,
  type GraphNode,
  parseTensorName,
} from "./graph-like.ts";

/** Slots of placeholders and constants, by the graph they belong to. Nothing runs there, so they run before the rest. */
const slots = new WeakMap<object, Map<GraphNode, HookSlot>>();

/** The slot of a placeholder or constant. */
export function inputSlotOf(node: GraphNode, { graph }: GraphExecutor): HookSlot {
  const all = slots.get(graph) ?? new Map<GraphNode, HookSlot>();
  slots.set(graph, all);
  const slot = all.get(node) ?? new HookSlot(() => void all.delete(node), false);
  all.set(node, slot);
  return slot;
}

/** Inputs with what the hooks of placeholders and constants made of them. */
export interface FedInputs {
  readonly inputs: GraphInputs;
  /** What the hooks made. **Ownership:** the active scope's, or the receiver's where there is none. */
  readonly made: readonly Tensor[];
}

/** Runs the hooks of the placeholders and constants that a run needs. **Ownership:** borrows. */
export function feedInputs(
  model: GraphModelLike,
  executor: GraphExecutor,
  given: GraphInputs,
  needed: ReadonlySet<GraphNode>,
): FedInputs {
  const hooked = [...(slots.get(executor.graph) ?? [])].filter(([node]) => needed.has(node));
  const inputs = hooked.length === 0 ? undefined : byName(model, given);
  if (inputs === undefined) return { inputs: given, made: [] };
  const made: Tensor[] = [];
  try {
    for (const [node, slot] of hooked) {
      const key = Object.keys(inputs).find((name) => isNameOf(node, name)) ?? node.name;
      const tensor = inputs[key] ?? executor.weightMap[node.name]?.[0];
      if (tensor === undefined) continue; // the graph itself tells that an input is missing
      const replaced = runInput(slot, tensor);
      if (replaced === tensor) continue;
      made.push(replaced);
      inputs[key] = replaced;
    }
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }
  return { inputs, made };
}

function runInput(slot: HookSlot, tensor: Tensor): Tensor {
  return tidy(() => {
    const output = slot.run([], () => tensor) as Tensor; // hooks may not change the structure
    return output === tensor ? tensor : clone(output);
  });
}

function isNameOf(node: GraphNode, name: string): boolean {
  return name === node.signatureKey || parseTensorName(name)[0] === node.name;
}

/** Inputs by name, but for those that the model itself provides; `undefined` if they are not as many as it has. */
function byName(model: GraphModelLike, given: GraphInputs): NamedTensorMap | undefined {
  if (!isTensor(given) && !Array.isArray(given)) return { ...given };
  const tensors = Array.isArray(given) ? given : [given];
  const names = model.inputNodes.filter((name) => !isProvided(model, name));
  if (names.length !== tensors.length) return undefined; // the model says so
  return Object.fromEntries(names.map((name, i) => [name, tensors[i] as Tensor]));
}

/** Whether an input is a resource, such as a table, that the model's initialiser makes. */
function isProvided(model: GraphModelLike, name: string): boolean {
  const { modelSignature } = model as {
    readonly modelSignature?: {
      readonly inputs?: Readonly<Record<string, { readonly resourceId?: unknown }>>;
    };
  };
  return (modelSignature?.inputs?.[name]?.resourceId ?? undefined) !== undefined;
}
