import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { README_RESULTS } from "./readme.ts";

const BACKENDS = ["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm", "cpu"];

export const USAGE = `pnpm bench [--backend LIST] [--tiny | --profile | --llama | --memory | --early-stop | --harvest] [--readme | --out FILE]
    LIST: of ${BACKENDS.join(", ")}, with commas; otherwise wasm,cpu, and wasm alone for --harvest`;

/** What a worker measures. */
const MEASUREMENTS = ["tiny", "profile", "llama", "memory", "early-stop", "harvest"] as const;

/** What `pnpm bench` was asked for. */
export interface Options {
  readonly backends: readonly string[];
  readonly what: (typeof MEASUREMENTS)[number] | "small";
  readonly isForReadme: boolean;
  /** Where the figures go, in a folder that exists. */
  readonly out: string;
}

/** Reads the command line before anything is measured; throws an error that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      backend: { type: "string" },
      tiny: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      llama: { type: "boolean", default: false },
      memory: { type: "boolean", default: false },
      "early-stop": { type: "boolean", default: false },
      harvest: { type: "boolean", default: false },
      readme: { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  const backends = (values.backend ?? (values.harvest ? "wasm" : "wasm,cpu")).split(",");
  const unknown = backends.find((name) => !BACKENDS.includes(name));
  if (unknown !== undefined) throw new Error(`There is no backend ${JSON.stringify(unknown)}.`);
  const asked = MEASUREMENTS.filter((name) => values[name]);
  if (asked.length > 1) throw new Error(`Ask for one at a time: ${asked.join(", ")}.`);
  const [what = "small"] = asked;
  if (values.readme && what !== "small") throw new Error(`The README shows no figures of --${what}.`);
  if (values.readme && values.out !== undefined)
    throw new Error("Figures for the README go to no other file.");
  return { backends, what, isForReadme: values.readme, out: readPath(values.readme, values.out) };
}

function readPath(isForReadme: boolean, given: string | undefined): string {
  const local = fileURLToPath(new URL("../results/latest.local.json", import.meta.url));
  // pnpm runs this in another folder than it was called in.
  const called = process.env["INIT_CWD"] ?? process.cwd();
  const own = isForReadme ? README_RESULTS : local;
  const path = given === undefined ? own : resolve(called, given);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}
