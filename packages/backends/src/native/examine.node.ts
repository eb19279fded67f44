import { fileURLToPath } from "node:url";
import { CANDIDATES } from "../candidates.ts";
import { runProgram, thisHost } from "./host.node.ts";

/** Whether a backend runs here. */
export interface Examined {
  readonly name: string;
  readonly works: boolean;
  /** What it is where it works, otherwise why it does not and what to do. */
  readonly detail: string;
}

/** What runs here, and what `loadBackend()` takes. */
export interface Examination {
  readonly backends: readonly Examined[];
  readonly choice: Examined;
}

/** Loads every backend, each in a process of its own, and then the one that `loadBackend()` chooses. */
export function examineBackends(): Examination {
  const backends = CANDIDATES.map(({ name }) => examine(name));
  return { backends, choice: examine(undefined) };
}

/** An examination as text, one line for each backend. */
export function formatExamination({ backends, choice }: Examination): string {
  const width = Math.max(...backends.map(({ name }) => name.length));
  const lines = backends.map(
    ({ name, works, detail }) => `${name.padEnd(width)}  ${works ? "works" : "no   "}  ${detail}`,
  );
  const chosen = choice.works ? `takes ${choice.name}: ${choice.detail}` : `fails: ${choice.detail}`;
  return [...lines, "", `loadBackend() ${chosen}`].join("\n");
}

function examine(name: string | undefined): Examined {
  const probe = fileURLToPath(new URL(`./probe.node${import.meta.url.slice(-3)}`, import.meta.url));
  const outcome = runProgram(thisHost, process.execPath, [
    ...process.execArgv,
    probe,
    ...(name === undefined ? [] : [name]),
  ]);
  const line = outcome?.stdout.trimEnd().split("\n").at(-1) ?? "";
  if (outcome?.code === 0 && line !== "") return JSON.parse(line) as Examined; // printed by probe.node.ts
  const reason = outcome?.stderr.trimEnd().split("\n").at(-1) ?? "";
  return { name: name ?? "none", works: false, detail: `its process ended: ${reason}` };
}
