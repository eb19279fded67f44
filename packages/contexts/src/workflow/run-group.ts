import { isTensor, type TensorDict, tensorsOf } from "@hookdict/tensordict";
import { engineInternals, keptClone } from "@hookdict/tensordict/tensors";
import { dispose, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { compose, type ComposedContext } from "../compose.ts";
import { keyNotWritten } from "./errors.ts";
import { type ComputeStep, isPass, type PassStep, type WorkflowStep } from "./step.ts";

/** Runs steps that share a pass, or one that computes, and writes what they give. **Ownership:** borrows the data. */
export async function runGroup(steps: readonly WorkflowStep[], data: TensorDict): Promise<void> {
  const [first] = steps;
  if (first === undefined) return;
  if (isPass(first))
    await runPasses(steps as readonly PassStep[], data); // a group is of one kind
  else await compute(first, data);
}

async function compute(step: ComputeStep, data: TensorDict): Promise<void> {
  const inputs = step.inKeys.map((key) => data.get<never>(key));
  const found = await scoped(() => step.run(...inputs));
  const list = Array.isArray(found) ? (found as readonly unknown[]) : [];
  const rest = Array.isArray(found) ? [] : tensorsOf(found);
  const own = new Set(tensorsOf(inputs));
  let written = 0;
  try {
    const missing = step.outKeys.findIndex((_, at) => list[at] === undefined);
    if (missing >= 0) throw keyNotWritten(step.name, step.outKeys[missing]);
    for (; written < step.outKeys.length; written++)
      data.set(step.outKeys[written] ?? "", list[written] as never); // as many as there are
  } finally {
    // What nobody has taken: of a step that failed, and what is too much.
    const taken = new Set(tensorsOf(list.slice(0, written)));
    dispose(
      [...tensorsOf(list.slice(written)), ...rest].filter(
        (each) => !own.has(each) && !taken.has(each) && !each.isDisposed,
      ),
    );
  }
}

/** One pass for all the steps. */
async function runPasses(steps: readonly PassStep[], data: TensorDict): Promise<void> {
  const [first] = steps as readonly [PassStep];
  const inputs = first.inKeys.map((key) => data.get<never>(key));
  using hooked = compose(...steps.map(({ factory }) => factory)).prepare(first.model);
  const { call } = first;
  const output = await (call === undefined
    ? hooked.callAsync(...(inputs as readonly unknown[]))
    : scoped(() => call(hooked, ...inputs)));
  try {
    steps.forEach((step, at) => keep(step, hooked.context, at, output, data));
  } finally {
    const own = new Set(tensorsOf(inputs));
    dispose(tensorsOf(output).filter((each) => !own.has(each) && !each.isDisposed));
  }
}

function keep(step: PassStep, context: ComposedContext, at: number, output: unknown, data: TensorDict): void {
  if (step.output !== undefined) {
    if (!isTensor(output)) throw keyNotWritten(step.name, step.output);
    data.set(step.output, keptClone(output));
  }
  if (step.run === undefined) return;
  const part = context.parts[at] as { takeCache?: () => TensorDict } | undefined;
  if (part?.takeCache === undefined) throw keyNotWritten(step.name, step.run);
  data.set(step.run, part.takeCache() as never); // a TensorDict below one
}

/** What a function makes on the way is freed, also when it throws; of one that waits, what it has made before it is in use. */
function scoped(fn: () => unknown): unknown {
  let found: unknown;
  tidy((): Tensor[] => {
    found = fn();
    const isPending = typeof found === "object" && found !== null && "then" in found;
    return isPending ? [...(engineInternals().state.activeScope?.track ?? [])] : tensorsOf(found);
  });
  return found;
}
