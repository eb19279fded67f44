import { render } from "@hookdict/viz/element";
import type { Deed, Look, ModelSource, Ops } from "../messages.ts";
import type { Acts } from "./acts.ts";
import { app } from "./app.ts";
import { filesOf } from "./drop.ts";
import { Client, Replaced } from "./client.ts";
import { codeFor, deedInWords } from "./code.ts";
import { type Linked, readLink, writeLink } from "./link.ts";
import { START, type State } from "./state.ts";
import { openWorker } from "./parts.ts";
import { nextAfter, startOn } from "./starting.ts";

const COMPUTING = ", computing";
const NOTHING = "nothing computes";

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
    if (error instanceof Replaced) return;
    const isEnded = inWords(error) === "cancelled";
    set({ fault: isEnded ? (state.work?.name === "generating" ? "Paused." : "Cancelled.") : inWords(error) });
  } finally {
    set({ work: undefined, warning: "" });
    // What stood above pictures while it went on is gone.
    revealed();
  }
}

/** Whether runs have come to an end since a worker was started: one that ends before that would do so again. */
let hasLooked = false;

/** A worker that ended while it could be used is started anew, once. */
function ended(reason: string): Error {
  const told = `The worker ended (${reason}).`;
  if (!state.status.startsWith("live, ")) return new Error(told); // whoever starts it, waits
  if (hasLooked) {
    void restart(state.backend, undefined, `${told} It is started anew.`);
    return new Replaced(told);
  }
  const fault = `${told} It has ended twice: choose another backend or model, or shorter prompts.`;
  set({ status: NOTHING, fault });
  return new Error(fault);
}

/** Starts a worker on a backend, and goes on to the next where that does not answer; why is told in the model's card. */
async function start(backend: string | undefined, why?: string): Promise<void> {
  client?.end(new Replaced("another worker was started"));
  set({ backend: backend ?? "", status: "starting" });
  client = new Client(await openWorker(), {
    request: log,
    warning: (warning) => set({ warning }),
    lost: (reason) =>
      void restart(
        "wasm",
        "the graphics device was lost",
        `The graphics device was lost (${reason}). The model is loaded anew, on wasm.`,
      ),
    ended,
  });
  try {
    await startOn(client, backend, why);
  } catch (error) {
    if (error instanceof Replaced) throw error;
    const { next, told } = nextAfter(backend, error);
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
  const isOther = state.card !== undefined && from !== source;
  source = from;
  set({
    card,
    // What another model did is no picture of this one; what was recorded is of the first.
    ...(isOther && { look: undefined }),
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
    hasLooked = true;
    // What was computed of other prompts is no picture of these.
    const isOther = JSON.stringify(prompts) !== JSON.stringify(state.looked);
    set({ look: found, looked: prompts, ...(isOther && { pictures: {} }) });
  } finally {
    set({ status: state.status.replace(COMPUTING, "") });
  }
}

/** Brings the picture that a link asked for into sight; tells whether it was there. */
function reveal(): boolean {
  const picture = document.querySelectorAll("#panel hookdict-view")[state.panel ?? Number.NaN];
  picture?.scrollIntoView();
  return picture !== undefined;
}

/** The same of what was computed, once: a model that the link names may be yet to come. */
function revealed(): void {
  if (reveal() && state.asks === undefined) set({ panel: undefined });
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

/** A worker with the model, and a first look at it. */
async function begin(backend: string | undefined, why?: string): Promise<void> {
  try {
    await start(backend, why);
    await load(source);
  } catch (error) {
    if (!(error instanceof Replaced)) set({ status: NOTHING });
    throw error;
  }
  await look();
}

async function restart(backend: string, why?: string, fault = ""): Promise<void> {
  hasLooked = false;
  await attempt(async () => {
    set({ fault });
    await begin(backend === "" ? undefined : backend, why);
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
  link: (panel) =>
    void attempt(async () => {
      location.hash = await writeLink({ ...linked(), ...(panel !== undefined && { panel }) });
    }),
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
          panel: found.panel,
        });
      reveal();
    } catch (error) {
      fault = inWords(error);
    }
    const forced = new URLSearchParams(location.search).get("backend") ?? undefined;
    await begin(forced);
    if (fault !== "") throw new Error(fault);
  });
}

void main();
