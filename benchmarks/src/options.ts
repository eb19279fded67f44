import { BACKEND_NAMES } from "@hookdict/backends";
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CASES, USUAL } from "./cases.ts";
import { README_RESULTS } from "./readme.ts";

/** Cases that a flag asks for. */
const FLAGS = CASES.filter((each) => each !== USUAL);
const BACKENDS = ["wasm", "cpu"];

export const USAGE: string = [
  `pnpm bench [--backend LIST] [${FLAGS.map(({ name }) => `--${name}`).join(" | ")}] [--readme | --out FILE]`,
  `    LIST: of ${BACKEND_NAMES.join(", ")}, with commas; otherwise ${BACKENDS.join(",")}`,
  ...CASES.map(({ name, about, backends }) => {
    const otherwise = backends === undefined ? "" : `; otherwise on ${backends.join(",")}`;
    return `    ${name === USUAL.name ? "without a flag" : `--${name}`}: ${about}${otherwise}`;
  }),
].join("\n");

/** What `pnpm bench` was asked for. */
export interface Options {
  readonly backends: readonly string[];
  /** Name of a case. */
  readonly what: string;
  readonly isForReadme: boolean;
  /** Where the figures go, in a folder that exists. */
  readonly out: string;
}

/** Reads the command line before anything is measured; throws an error that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const flags = FLAGS.map(({ name }) => [name, { type: "boolean", default: false }] as const);
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      backend: { type: "string" },
      readme: { type: "boolean", default: false },
      out: { type: "string" },
      ...Object.fromEntries(flags),
    },
  });
  const asked = FLAGS.filter(({ name }) => (values as Readonly<Record<string, unknown>>)[name] === true);
  if (asked.length > 1)
    throw new Error(`Ask for one at a time: ${asked.map(({ name }) => name).join(", ")}.`);
  const [what = USUAL] = asked;
  const backends = values.backend?.split(",") ?? what.backends ?? BACKENDS;
  const unknown = backends.find((name) => !BACKEND_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`There is no backend ${JSON.stringify(unknown)}.`);
  if (values.readme && what !== USUAL) throw new Error(`The README shows no figures of --${what.name}.`);
  if (values.readme && values.out !== undefined)
    throw new Error("Figures for the README go to no other file.");
  return { backends, what: what.name, isForReadme: values.readme, out: readPath(values.readme, values.out) };
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
