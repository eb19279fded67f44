import { render } from "@hookdict/viz/element";
import type { Deed, Look, ModelSource, Ops } from "../messages.ts";
import type { Acts } from "./acts.ts";
import { app } from "./app.ts";
import { filesOf } from "./drop.ts";
import { Client } from "./client.ts";
import { codeFor, deedInWords } from "./code.ts";
import { type Linked, readLink, writeLink } from "./link.ts";
import { START, type State } from "./state.ts";
import { openWorker, parts } from "./parts.ts";

/** A start that does not answer within this time gives way to the next backend. */
const PATIENCE_MS = 10_000;

const COMPUTING = ", computing";

let state: State = START;
let client: Client;
let source: ModelSource = { kind: "built-in" };
const root = document.body.appendChild(document.createElement("div"));

function set(part: Partial<State>): void {
  state = { ...state, ...part };
  render(app(state, acts), root);
}

const log = (line: string): void => set({ log: [...state.log, line].slice(-200) });
const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Does something that may fail; what went wrong is said, and everything else stays. */
async function attempt(body: () => Promise<void>): Promise<void> {
  set({ fault: "" });
  try {
    await body();
  } catch (error) {
    const isEnded = inWords(error) === "cancelled";
    set({ fault: isEnded ? (state.work?.name === "generating" ? "Paused." : "Cancelled.") : inWords(error) });
  } finally {
    set({ work: undefined });
  }
}

/** What is tried where a backend does not start. */
const NEXT: Readonly<Record<string, string>> = { webgpu: "wasm", wasm: "cpu" };

/** Starts a worker on a backend, and goes on to the next where that does not answer; why is told in the model's card. */
async function start(backend: string | undefined, why?: string): Promise<void> {
  client?.end("another backend was chosen");
  set({ backend: backend ?? "" });
  client = new Client(await openWorker(), log, (reason) => {
    set({ fault: `The graphics device was lost (${reason}). The model is loaded anew, on wasm.` });
    void restart("wasm", "the graphics device was lost", state.fault);
  });
  set({ status: "starting" });
  const { wasm, model } = await parts();
  const reason = why === undefined ? {} : { why };
  const started = client.call("start", { backend, wasm, model, ...reason });
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("it did not answer within 10 s")), PATIENCE_MS),
  );
  try {
    await Promise.race([started.result, late]);
  } catch (error) {
    const next = NEXT[backend ?? "webgpu"];
    if (next === undefined) throw error;
    const told = `${backend ?? "the best backend"}: ${inWords(error)}`;
    log(`${told}; ${next} is tried`);
    return start(next, told);
  }
  set(await listed());
}

const listed = async (): Promise<Pick<State, "kept">> => ({ kept: await client.call("kept", {}).result });

async function load(from: ModelSource): Promise<void> {
  const call = client.call("load", from, (done, total) =>
    set({ work: { id: call.id, name: "loading", done, total } }),
  );
  const card = await call.result.catch(async (error: unknown) => {
    set(await listed());
    throw error;
  });
  source = from;
  set({
    card,
    asks: undefined,
    pictures: {},
    status: `live, on ${card.backend}`,
    ...(await listed()),
  });
}

async function look(): Promise<void> {
  const { prompts, deeds, which, status } = state;
  set({ status: `${status.replace(COMPUTING, "")}${COMPUTING}` });
  try {
    const found = await client.call("look", { prompts, deeds, which }).result;
    // What was computed of other prompts is no picture of these.
    const isOther = JSON.stringify(prompts) !== JSON.stringify(state.looked);
    set({ look: found, looked: prompts, ...(isOther && { pictures: {} }) });
  } finally {
    set({ status: state.status.replace(COMPUTING, "") });
  }
}

/** A computation with progress, which can be cancelled; its picture goes to a tab. */
async function compute<K extends "sweep" | "attribute" | "circuit" | "generate">(
  op: K,
  name: string,
  args: Ops[K]["args"],
  tab: string,
  place: number,
): Promise<void> {
  const put = (picture: Ops[K]["result"]): void => {
    const old = state.pictures[tab] ?? [];
    set({
      pictures: { ...state.pictures, [tab]: Object.assign([...old], { [place]: picture }).filter(Boolean) },
    });
  };
  const call = client.call(op, args, (done, total, picture) => {
    set({ work: { id: call.id, name, done, total } });
    // While it goes on, the page has all of it.
    if (picture !== undefined) put({ overview: { description: picture, windows: [] } });
  });
  put(await call.result);
}

async function restart(backend: string, why?: string, fault = ""): Promise<void> {
  await attempt(async () => {
    set({ fault });
    await start(backend === "" ? undefined : backend, why);
    await load(source);
    await look();
  });
}

const PLACES = { position: 0, head: 1 } as const;

const acts: Acts = {
  set,
  look: () => void attempt(look),
  loadUrl: () =>
    void attempt(async () => {
      // Files that one asked for should stay: pages opened from a disk, and some browsers, keep none.
      set({ isSafe: (await navigator.storage?.persist?.()) ?? false });
      await load({ kind: "url", url: new URL(state.asks ?? state.address, location.href).href });
      await look();
    }),
  loadBuiltIn: () => void attempt(async () => (await load({ kind: "built-in" }), look())),
  loadFiles: (files) => void attempt(async () => (await load({ kind: "files", files: await files }), look())),
  restart: (backend) => void restart(backend),
  sweep: (over) =>
    void attempt(() =>
      compute("sweep", "patching", { prompts: state.prompts, over }, "patching", PLACES[over] * 2),
    ),
  attribute: (over) =>
    void attempt(() =>
      compute("attribute", "estimating", { prompts: state.prompts, over }, "patching", PLACES[over] * 2 + 1),
    ),
  circuit: () => void attempt(() => compute("circuit", "scoring", { prompts: state.prompts }, "circuit", 0)),
  generate: (count, from) =>
    void attempt(() =>
      compute(
        "generate",
        "generating",
        { prompt: state.prompts.corrupt, deeds: state.deeds, prompts: state.prompts, count, from },
        "generation",
        0,
      ),
    ),
  cancel: () => state.work !== undefined && client.cancel(state.work.id),
  deed: (deed: Deed) => acts.deeds([...state.deeds, deed]),
  deeds: (deeds) => {
    set({ deeds });
    void attempt(look);
  },
  spec: () =>
    void attempt(async () => {
      const spec = await client.call("spec", { text: state.spec }).result;
      acts.deed({ kind: "spec", spec });
    }),
  pin: () => {
    set({
      pinned: {
        metric: state.look?.metric.changed ?? Number.NaN,
        deeds:
          state.deeds
            .filter(({ off }) => off !== true)
            .map(deedInWords)
            .join("; ") || "nothing done",
      },
    });
    void attempt(() => client.call("pin", {}).result);
  },
  code: () => set({ code: codeFor(state.card?.name ?? "", state.prompts, state.deeds) }),
  link: () => void attempt(async () => void (location.hash = await writeLink(linked()))),
  window: (handle, request) => client.call("window", { handle, request }).result,
  file: async (handle, kind) => {
    const made: Blob[] = [];
    await attempt(async () => {
      const call = client.call("file", { handle, kind }, (done, total) =>
        set({ work: { id: call.id, name: `writing the ${kind.toUpperCase()}`, done, total } }),
      );
      made.push(await call.result);
    });
    return made[0] ?? Promise.reject(new Error("It was not written.")); // the page has said why
  },
  forget: (key) => void attempt(async () => set({ kept: await client.call("forget", { key }).result })),
  selected: (at, told, site) => set({ at: { ...state.at, ...at }, told, site }),
};

function linked(): Linked {
  const { prompts, deeds, which, tab, at } = state;
  return { ...(source.kind === "url" && { model: source.url }), prompts, deeds, which, tab, at };
}

/** Pictures that were recorded when the page was built: they are there before anything is computed. */
function recorded(): Look | undefined {
  const text = document.querySelector("#recorded")?.textContent ?? "";
  return text === "" ? undefined : (JSON.parse(text) as Look); // written by the build
}

async function main(): Promise<void> {
  const first = recorded();
  set(first === undefined ? {} : { look: first });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    acts.loadFiles(filesOf(event.dataTransfer));
  });
  await attempt(async () => {
    let fault = "";
    try {
      const found = await readLink(location.hash);
      if (found !== undefined)
        set({
          prompts: found.prompts,
          deeds: found.deeds,
          which: found.which,
          tab: found.tab,
          at: found.at,
          asks: found.model,
        });
    } catch (error) {
      fault = inWords(error);
    }
    const forced = new URLSearchParams(location.search).get("backend") ?? undefined;
    await start(forced);
    await load({ kind: "built-in" });
    await look();
    if (fault !== "") throw new Error(fault);
  });
}

void main();
