import type { Description, MatrixWindow } from "@hookdict/viz";
import type { OpName, Reply, Request } from "../messages.ts";
import { Experiment } from "./experiment.ts";
import { forget, listKept } from "./store.ts";

// The worker holds the model, its tokenizer and its captures; the page draws.

/** The parts of a worker's scope that are used: lib.dom is that of pages. */
interface WorkerScope {
  postMessage(reply: Reply, options?: object): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
/** A worker's messages go to its page alone: there is no origin to name. */
const post = (reply: Reply): void => scope.postMessage(reply, {});
const cancelled = new Set<number>();
const experiment = new Experiment(post);

/** What asks nothing of the model: it is answered while that computes. */
const FREE: ReadonlySet<OpName> = new Set(["window", "file"]);

/** A window's numbers are its own: they move to the page. */
const buffersOf = ({ block }: MatrixWindow): readonly ArrayBufferLike[] =>
  Object.values(block).flatMap((each: unknown) => (each instanceof Float32Array ? [each.buffer] : []));

/** One after the other: they share the model. */
let last: Promise<unknown> = Promise.resolve();

scope.addEventListener("message", ({ data }) => {
  if ("cancel" in data) cancelled.add(data.cancel);
  else if (FREE.has(data.op)) void answer(data.id, data.op, data.args);
  else last = last.then(() => answer(data.id, data.op, data.args));
});

async function answer(id: number, op: OpName, args: unknown): Promise<void> {
  try {
    const result = await run(id, op, args);
    scope.postMessage({ id, result }, { transfer: op === "window" ? buffersOf(result as MatrixWindow) : [] });
  } catch (error) {
    post({ id, error: error instanceof Error ? error.message : String(error) });
  } finally {
    cancelled.delete(id); // it may have come too late
  }
}

function run(id: number, op: OpName, args: unknown): Promise<unknown> {
  const progress = async (done: number, total: number, picture?: Description): Promise<void> => {
    post({ id, progress: [done, total], ...(picture !== undefined && { picture }) });
    await new Promise((resolve) => setTimeout(resolve, 0)); // lets a cancellation in
    if (cancelled.delete(id)) throw new Error("cancelled");
  };
  const given = args as never; // the page is ours, and its client is typed
  const ops: { readonly [K in OpName]: () => Promise<unknown> } = {
    start: () => experiment.start(given),
    load: () => experiment.load(given, progress),
    look: () => experiment.look(given),
    sweep: () => experiment.sweep(given, progress),
    attribute: () => experiment.attribute(given, progress),
    circuit: () => experiment.circuit(given, progress),
    generate: () => experiment.generate(given, progress),
    spec: () => experiment.spec(given),
    window: () => Promise.resolve(experiment.window(given)),
    file: () => experiment.file(given, progress),
    pin: () => Promise.resolve(experiment.pin()),
    kept: listKept,
    forget: () => forget((given as { readonly key: string }).key),
  };
  return ops[op]();
}
