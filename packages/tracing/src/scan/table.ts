import { Binding, coverSites, type Hook, type HookTarget } from "@hookdict/core";
import { describeValue, tensorsOf } from "@hookdict/tensordict";
import { type DataType, dispose } from "@tensorflow/tfjs-core";
import type { SiteRequest } from "../run/request.ts";
import { hookableOf } from "../run/site-states.ts";
import { type Blank, blankOf } from "./blank.ts";

/** Shape and dtype of one tensor. */
export interface ScannedTensor {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** One visit of a site. */
export interface ScannedVisit {
  readonly path: string;
  /** How many visits of the site came before. */
  readonly call: number;
  readonly inputs: readonly ScannedTensor[];
  readonly outputs: readonly ScannedTensor[];
}

/** One moment of a run: a site's input or its output passes. */
export interface ScannedEvent {
  readonly path: string;
  readonly phase: "input" | "output";
  readonly call: number;
  readonly blank: Blank;
}

/** What a scan takes down while the model runs. */
interface Notes {
  readonly noted: Noted[];
  readonly events: ScannedEvent[];
}

interface Noted {
  readonly path: string;
  readonly call: number;
  input: string;
  output: string;
  inputs: readonly ScannedTensor[];
  outputs: readonly ScannedTensor[];
}

/** What a run visits, in order: plain data, without tensors. */
export class SiteTable {
  /** What the model was called with: its dtypes and shapes. */
  readonly signature: string;
  /** Every visit, in the order in which sites begin. */
  readonly visits: readonly ScannedVisit[];
  /** @internal Inputs and outputs in the order in which they pass. */
  readonly events: readonly ScannedEvent[];
  /** @internal What the model returns. */
  readonly result: Blank;
  readonly #noted: ReadonlyMap<string, Noted>;

  /** @internal */
  constructor(signature: string, { noted, events }: Notes, result: Blank) {
    this.signature = signature;
    this.events = events;
    this.result = result;
    this.visits = noted.map(({ path, call, inputs, outputs }) =>
      Object.freeze({ path, call, inputs, outputs }),
    );
    this.#noted = new Map(noted.map((item) => [`${item.path} ${item.call}`, item]));
  }

  /** The visits of a site. */
  at(path: string): readonly ScannedVisit[] {
    return this.visits.filter((visit) => visit.path === path);
  }

  /** @internal What passes where a request is about, as messages tell it. */
  shapeAt({ site, phase, call }: SiteRequest): string | undefined {
    const found = this.#noted.get(`${site.path} ${call}`);
    return phase === "input" ? found?.input : phase === "output" ? found?.output : undefined;
  }

  /** @internal Two sites in the order of the run. */
  around(path: string, other: string | undefined): readonly string[] {
    const order = this.visits.map((visit) => visit.path);
    const found = [path, other].filter((name): name is string => name !== undefined && order.includes(name));
    return found.length < 2 ? [] : found.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  }
}

const tables = new WeakMap<HookTarget, Map<string, SiteTable>>();

/** The table that is known for inputs like these. */
export function knownTable(target: HookTarget, args: readonly unknown[]): SiteTable | undefined {
  const known = tables.get(target);
  return known?.get(describeValue(args));
}

/** Runs the model and notes what passes, unless that is known for inputs like these. **Ownership:** borrows. */
export function tableOf(target: HookTarget, args: readonly unknown[]): SiteTable {
  const found = knownTable(target, args);
  if (found !== undefined) return found;
  using scanning = new Binding(target, "scan");
  const notes = noteVisits(scanning);
  return remember(target, args, notes, target.call(args));
}

/** {@link tableOf} for models that wait. */
export async function tableOfAsync(target: HookTarget, args: readonly unknown[]): Promise<SiteTable> {
  const found = knownTable(target, args);
  if (found !== undefined) return found;
  using scanning = new Binding(target, "scan");
  const notes = noteVisits(scanning);
  return remember(target, args, notes, await target.callAsync(args));
}

/** **Ownership:** takes the result. */
function remember(target: HookTarget, args: readonly unknown[], notes: Notes, result: unknown): SiteTable {
  const signature = describeValue(args);
  const table = new SiteTable(signature, notes, blankOf(result));
  dispose(tensorsOf(result));
  const known = tables.get(target) ?? new Map<string, SiteTable>();
  tables.set(target, known.set(signature, table));
  return table;
}

function noteVisits(binding: Binding): Notes {
  const [noted, events]: [Noted[], ScannedEvent[]] = [[], []];
  const open = new Map<string, Noted>();
  const observe = { kind: "observe", order: "post" } as const;
  const { target } = binding;
  const noteInput: Hook<unknown> = {
    ...observe,
    run: (value: unknown, { site: { path }, pass: call }) => {
      const input = describeValue(value);
      const item: Noted = { path, call, input, output: "", inputs: shapesOf(value), outputs: [] };
      noted.push(item);
      events.push({ path, phase: "input", call, blank: blankOf(value) });
      open.set(`${path} ${call}`, item);
    },
  };
  const noteOutput: Hook<unknown> = {
    ...observe,
    run: (value: unknown, { site: { path }, pass: call }) => {
      const item = open.get(`${path} ${call}`);
      if (item === undefined) return;
      item.output = describeValue(value);
      item.outputs = shapesOf(value);
      events.push({ path, phase: "output", call, blank: blankOf(value) });
    },
  };
  coverSites(binding, hookableOf(target, target.sites()), noteInput, noteOutput);
  return { noted, events };
}

function shapesOf(value: unknown): readonly ScannedTensor[] {
  return tensorsOf(value).map(({ shape, dtype }) => ({ shape: [...shape], dtype }));
}
