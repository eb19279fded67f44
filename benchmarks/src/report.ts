import { CASES } from "./cases.ts";
import type { Figures } from "./cases/case.ts";

/** Figures of one backend: those that were asked for. */
export type BackendFigures = Figures<object>;

/** One run of the benchmark. */
export interface Results {
  readonly date: string;
  readonly node: string;
  readonly cores: number;
  readonly backends: readonly BackendFigures[];
}

/** Figures as Markdown tables. */
export function renderTables({ backends }: Results): string {
  const measured = backends.map((each) => ({ ...each, backend: label(each) }));
  const tables = new Set(CASES.map((each) => each.tables)); // some cases have the same
  return [...tables].flatMap((render) => render(measured)).join("\n\n");
}

function label({ backend, threads }: BackendFigures): string {
  if (threads === undefined) return backend;
  return `${backend}, ${threads === 1 ? "one thread" : `${threads} threads`}`;
}
