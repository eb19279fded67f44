import type { Description } from "@hookdict/viz";
import type { OpName, Reply, Request } from "../messages.ts";
import { Experiment } from "./experiment.ts";
import { forget, listKept } from "./weights.ts";

// The worker holds the model, its tokenizer and its captures; the page draws.

const scope = globalThis as unknown as { postMessage(reply: Reply): void; onmessage: ((event: MessageEvent<Request>) => void) | null };
const cancelled = new Set<number>();
const experiment = new Experiment((reply) => scope.postMessage(reply));

/** One after the other: they share the model. */
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data }) => {
  if ("cancel" in data) return void cancelled.add(data.cancel);
  const { id, op, args } = data;
  last = last.then(async () => {
    try {
      scope.postMessage({ id, result: await run(id, op, args) });
    } catch (error) {
      scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
};

function run(id: number, op: OpName, args: unknown): Promise<unknown> {
  const progress = async (done: number, total: number, picture?: Description): Promise<void> => {
    scope.postMessage({ id, progress: [done, total], ...(picture !== undefined && { picture }) });
    await new Promise((resolve) => setTimeout(resolve, 0)); // lets a cancellation in
    if (cancelled.delete(id)) throw new Error("cancelled");
  };
  const given = args as never; // the page is ours, and its client is typed
  switch (op) {
    case "start":
      return experiment.start(given);
    case "load":
      return experiment.load(given, progress);
    case "look":
      return experiment.look(given);
    case "sweep":
      return experiment.sweep(given, progress);
    case "attribute":
      return experiment.attribute(given, progress);
    case "generate":
      return experiment.generate(given, progress);
    case "kept":
      return listKept();
    case "forget":
      return forget((given as { readonly key: string }).key);
  }
}
