import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Folders of `tests/` whose files touch no tensor: they run once, without a backend. */
const withoutTensors = [
  "tooling/",
  "examples/",
  "backends/loading/",
  "browser/",
  "harvest/faults/",
  "viz/views/",
  "viz/ink/",
  "viz/page/",
];

/** Files that also run on WebGPU, whatever backends are asked for. */
const alsoOnWebGpu = ["backends/kernels.test.ts", "backends/batches.test.ts", "backends/webgpu/"];

/** Folders whose files run on one backend alone. */
const onlyOn: Readonly<Record<string, string>> = {
  "backends/webgpu/": "webgpu",
  "backends/tensorflow/": "tensorflow",
};

/** Folders whose files change the process (load other backends, say): each file gets a process of its own. */
const ownProcess = ["backends/", "browser/", "harvest/faults/", "tooling/"];

/** Folders that hold no test of the library. */
const skipped = new Set(["node_modules", "dist", "gate", "coverage"]);

/** One file to run on one backend. */
export interface Task {
  /** Path below the root, with forward slashes. */
  readonly file: string;
  readonly path: string;
  readonly backend: string;
  readonly ownProcess: boolean;
}

/** What the gate is asked to run. */
export interface PlanOptions {
  /** Folder that is searched for `*.test.ts`. */
  readonly root: string;
  readonly backends: readonly string[];
  /** A file runs when its path contains one of these; all do where there is none. */
  readonly filters: readonly string[];
}

/** Every test file below the root on every backend asked for, grouped by backend. */
export function planTasks(options: PlanOptions): Task[] {
  const files = findTests(options.root, options.root).filter((file) => matches(file, options.filters));
  const pure = files.filter((file) => startsWithAny(file, withoutTensors));
  const onWebGpu = files.filter((file) => startsWithAny(file, alsoOnWebGpu));
  const others = files.filter((file) => !pure.includes(file));
  return [
    ...pure.map((file) => makeTask(options.root, file, "none")),
    ...onWebGpu.map((file) => makeTask(options.root, file, "webgpu")),
    ...options.backends.flatMap((backend) =>
      others.filter((file) => runsOn(file, backend)).map((file) => makeTask(options.root, file, backend)),
    ),
  ];
}

function runsOn(file: string, backend: string): boolean {
  return Object.entries(onlyOn).every(([folder, only]) => !file.startsWith(folder) || only === backend);
}

function makeTask(root: string, file: string, backend: string): Task {
  return { file, path: join(root, file), backend, ownProcess: startsWithAny(file, ownProcess) };
}

function matches(file: string, filters: readonly string[]): boolean {
  return filters.length === 0 || filters.some((filter) => file.includes(filter));
}

function startsWithAny(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file.startsWith(folder));
}

function findTests(root: string, folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : findTests(root, path);
      return entry.name.endsWith(".test.ts") ? [relative(root, path).split(sep).join("/")] : [];
    });
}
