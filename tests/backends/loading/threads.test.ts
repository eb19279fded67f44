import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, sep } from "node:path";
import { assert, suite } from "../../gate/suite.ts";
import { folderWith } from "../../support/native.ts";

const test = suite("threads of the wasm backend");

/** What a program tells of itself. */
interface Told {
  readonly threads: number;
  readonly warnings: readonly string[];
  /** The different values of a product of 300 × 300 matrices of 2 and 3. */
  readonly product: readonly number[];
  /** Whether it still has the Blob, the Worker and the number of processors that it had. */
  readonly asBefore: boolean;
}

const PROGRAM = `
  const os = await import("node:os");
  const { default: workers } = await import("node:worker_threads");
  const { loadBackend } = await import("@hookdict/backends");
  const { fill, matMul } = await import("@tensorflow/tfjs-core");
  const own = () => [Blob, URL.createObjectURL, workers.Worker, globalThis.Worker, os.cpus().length];
  const before = own();
  const { threads, warnings } = await loadBackend({ backend: "wasm", ...OPTIONS });
  const product = new Set();
  for (let i = 0; i < 20; i++)
    for (const value of matMul(fill([300, 300], 2), fill([300, 300], 3)).dataSync()) product.add(value);
  const asBefore = own().every((each, i) => each === before[i]);
  console.log("\\n" + JSON.stringify({ threads, warnings, product: [...product], asBefore }));
`;

/** Runs the program with these options of loadBackend; it must end by itself. */
function run(options: object, env: Readonly<Record<string, string>> = {}, around = inMain): Told {
  const { HOOKDICT_WASM_THREADS: _, ...inherited } = process.env;
  const program = around(PROGRAM.replace("OPTIONS", JSON.stringify(options)));
  const args = [...process.execArgv, "--input-type=module", "-e", program];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...inherited, ...env },
  });
  assert.is(status, 0, stderr);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Told; // printed by the program
}

const inMain = (program: string): string => program;

const inWorker = (program: string): string => `
  import { Worker } from "node:worker_threads";
  new Worker(${JSON.stringify(`(async () => { await import("@hookdict/loader"); ${program} })()`)}, { eval: true });`;

const withoutWorkers = (program: string): string => `
  Object.defineProperty(process, "permission", { value: { has: (scope) => scope !== "worker" } });
  ${program}`;

const told = (threads: number, ...warnings: string[]): Told => ({
  threads,
  warnings,
  product: [2 * 3 * 300],
  asBefore: true,
});

test("there are as many as processors, up to 8, and the process ends by itself", () => {
  assert.equal(run({}), told(Math.min(availableParallelism(), 8)));
});

test("there are as many as asked for, by the argument before the variable", () => {
  assert.equal(run({ threads: 3 }, { HOOKDICT_WASM_THREADS: "2" }), told(3));
  assert.equal(run({}, { HOOKDICT_WASM_THREADS: "1" }), told(1));
});

test("a backend that runs keeps its threads, and a warning says so", () => {
  const first = (program: string): string =>
    `await (await import("@hookdict/backends")).loadBackend({ backend: "wasm", threads: 2 }); ${program}`;
  const warning = "wasm keeps what it was started with, threads: 2, not 3";
  assert.equal(run({ threads: 3 }, {}, first), told(2, warning));
  assert.equal(run({ threads: 2 }, {}, first), told(2));
});

test("a worker can have them, too", () => {
  assert.equal(run({ threads: 2 }, {}, inWorker), told(2));
});

test("where Node's permissions allow no workers there is one, and a warning says why", () => {
  const warning = "wasm runs on one thread: Node's permissions allow no workers";
  assert.equal(run({ threads: 2 }, {}, withoutWorkers), told(1, warning));
});

test("where the build for threads is missing there is one, and a warning says so", () => {
  const name = "tfjs-backend-wasm-simd.wasm";
  const folder = folderWith();
  const from = createRequire(createRequire(import.meta.url).resolve("@hookdict/backends/package.json"));
  copyFileSync(join(dirname(from.resolve("@tensorflow/tfjs-backend-wasm")), name), join(folder, name));
  const warning = "wasm runs on one thread: its build for threads did not start";
  assert.equal(run({ threads: 2, wasmPath: folder + sep }), told(1, warning));
});

test.run();
