import { edit, editInPlace, openTrace, TrainableInterventions, type Trace } from "@hookdict/tracing";
import { TensorDict } from "@hookdict/tensordict";
import { scalar } from "@tensorflow/tfjs-core";
import { Point } from "../../support/models.ts";
import { owned, partOf, type Recipes } from "../recipes.ts";

type AnyTrace = Trace<readonly unknown[], unknown, unknown, unknown>;

const trace = (): AnyTrace => openTrace(new Point()) as never; // of any model
const nothing = (): undefined => undefined;
function* body(): Generator<never, number> {
  yield* [];
  return 1;
}
const trainable = (): TrainableInterventions =>
  new TrainableInterventions({
    interventions: [{ kind: "lowRankRotation", at: "hook_x", width: 4, rank: 2 }],
  }); // the kind's own fields

export const TRACING: Recipes = {
  subjects: {
    Barrier: () => {
      const opened = trace();
      return partOf(opened, opened.barrier(1));
    },
    Cell: () => {
      const opened = trace();
      return partOf(opened, opened.cell());
    },
    Edit: () => owned(editInPlace(new Point(), body as never)),
    EditedModel: () => owned(edit(new Point(), body as never)),
    Invoke: () => {
      const opened = trace();
      const x = scalar(1);
      const invoke = opened.invoke(x, body as never);
      return { value: invoke, end: () => (opened.dispose(), x.dispose()) };
    },
    Trace: () => owned(trace()),
    TraceCache: () => {
      const opened = trace();
      return partOf(opened, opened.cache());
    },
    Tracer: () => {
      const opened = trace();
      const x = scalar(1);
      // A method is called inside of a body, which waits for what it gives.
      const call = (method: string, args: readonly unknown[]): unknown => {
        opened.invoke(x, function* (t: unknown): Generator<never, unknown> {
          const made = (t as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>)[method]?.(
            ...args,
          );
          const waits =
            typeof made === "object" && made !== null && "next" in made && Symbol.iterator in made;
          return waits ? yield* made as Generator<never, unknown> : made;
        } as never);
        opened.run();
        return undefined;
      };
      const names = ["output", "input", "inputs", "set", "setInput", "setInputs", "skip", "grad", "inputGrad", "setGrad", "backward", "step", "steps", "setResult", "result", "save", "cache", "pos", "hooked"]; // prettier-ignore
      const value = Object.fromEntries(names.map((name) => [name, nothing]));
      return { value, call, end: () => (opened.dispose(), x.dispose()) };
    },
    TrainableInterventions: () => owned(trainable()),
  },
  right: {
    "Trace.cache": () => [{ sites: "**", directions: ["fwd"] }],
    "Trace.invoke": () => [scalar(1), body, { name: "mine" }],
    "TrainableInterventions.run": () => [new Point(), { base: [scalar(1)], sources: {}, positions: [] }],
    "Tracer.steps": () => [{ start: 0, end: 1 }, body],
    "Tracer.output": () => ["hook_x", { step: 0, call: 0 }],
    "Tracer.set": () => ["hook_x", 1, { step: 0, call: 0 }],
    bucketByLength: () => [["a"], () => 1, { size: 1 }],
    edit: () => [new Point(), body, { name: "mine" }],
    editInPlace: () => [new Point(), body, { name: "mine" }],
    "EditedModel.edit": () => [body, { name: "mine" }],
    headView: () => [2],
    "new TrainableInterventions": () => [
      { interventions: [{ kind: "lowRankRotation", at: "hook_x", width: 4, rank: 2 }] },
      { seed: 1 },
    ],
    openTrace: () => [new Point(), { gradients: undefined, batchAxes: [] }],
    orthogonal: () => [scalar(1)],
    padded: () => [{ args: nothing, padToken: 0, side: "left" }],
    "TrainableInterventions::fromTensorDict": () => [new TensorDict()],
  },
  spared: {
    "new Edit": "internal: edit and editInPlace make it",
    "new EditedModel": "internal: edit makes it",
    "new Invoke": "internal: Trace.invoke makes it",
    "new Trace": "internal: openTrace makes it",
    "new TraceCache": "internal: Trace.cache makes it",
    "new Tracer": "internal: bodies are given it",
    "Barrier.add": "internal",
    "TraceCache.record": "internal",
    "TrainableInterventions.save": "a text names a file, which it would write",
  },
};
