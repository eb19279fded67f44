import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { packInputs, unpackInputs } from "../hooks/inputs.ts";
import type { HookSlot } from "../hooks/slot.ts";
import { activeScope, ownedBy } from "@hookdict/tensordict/tensors";
import type { RunContext } from "./graph-like.ts";
import type { SingleNode } from "./single-node.ts";

/** What the converter hands to an operation of ours; `context` is not in its types. */
export interface NodeValue {
  readonly inputs: readonly (Tensor | undefined)[];
  readonly context: RunContext;
}

/** Runs a node with its hooks. **Ownership:** borrows; returns owned by the active scope, or by the graph's run. */
export function runNode(single: SingleNode, slot: HookSlot, given: NodeValue["inputs"]): Tensor[] {
  return tidy(() => {
    const scope = activeScope();
    let made: readonly Tensor[] = [];
    const output = slot.run(single.inputsOf(given), (...inputs) => {
      made = single.run(given, inputs);
      return packInputs(made);
    });
    return tensorsIn(output, made.length).map((tensor) =>
      made.includes(tensor) ? tensor : ownedBy(scope, tensor),
    );
  });
}

/** A node that a hook has bypassed has made nothing. */
function countOf(output: unknown): number {
  return Array.isArray(output) ? output.length : 1;
}

/**
 * {@link runNode} for a node that waits. No scope is open while it does, so what hooks make is freed by hand.
 *
 * **Ownership:** borrows; returns owned.
 */
export async function runWaitingNode(
  single: SingleNode,
  slot: HookSlot,
  given: NodeValue["inputs"],
  context: RunContext,
): Promise<Tensor[]> {
  const seen = single.inputsOf(given);
  const turn = slot.enter();
  const inputs = tidy(() => {
    const scope = activeScope();
    const begun = slot.begin(turn, seen) as readonly Tensor[]; // hooks may not change the structure
    return begun.map((tensor) => (seen.includes(tensor) ? tensor : ownedBy(scope, tensor)));
  });
  const own = inputs.filter((tensor) => !seen.includes(tensor));
  try {
    const made =
      turn.bypass === undefined
        ? await single.runAsync(given, inputs, context)
        : tidy(() => tensorsIn(turn.bypass?.output, 0).map((tensor) => ownedBy(activeScope(), tensor)));
    const end = (output: unknown): unknown => slot.end(turn, inputs, output);
    return endNode(end, [...inputs, ...given], made);
  } finally {
    for (const tensor of own) tensor.dispose();
  }
}

function endNode(
  end: (output: unknown) => unknown,
  foreign: readonly (Tensor | undefined)[],
  made: readonly Tensor[],
): Tensor[] {
  const fresh = made.filter((tensor) => !foreign.includes(tensor) && !tensor.kept);
  let passed: readonly Tensor[] = [];
  try {
    passed = tidy(() => {
      const scope = activeScope();
      const output = end(packInputs(made));
      return tensorsIn(output, made.length).map((tensor) =>
        fresh.includes(tensor) || (tensor.kept && made.includes(tensor)) ? tensor : ownedBy(scope, tensor),
      );
    });
    return [...passed];
  } finally {
    for (const tensor of fresh) if (!passed.includes(tensor)) tensor.dispose();
  }
}

function tensorsIn(output: unknown, count: number): readonly Tensor[] {
  return unpackInputs(output, count === 0 ? countOf(output) : count) as readonly Tensor[]; // hooks may not change the structure
}
