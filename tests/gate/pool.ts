import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FileReport, FromWorker, ToWorker } from "./messages.ts";
import type { Task } from "./plan.ts";

/** What became of one task. */
export interface Result extends FileReport {
  readonly backend: string;
}

/** How the files are run. */
export interface PoolOptions {
  /** Processes at a time. */
  readonly jobs: number;
  /** A process that says nothing for so long is ended. */
  readonly timeoutMs: number;
  readonly onResult: (result: Result) => void;
  /** Variables for the processes of a backend. */
  readonly env?: (backend: string) => Readonly<Record<string, string>>;
}

/** A running worker process and what it wrote past its own capture. */
interface Worker {
  readonly child: ChildProcess;
  readonly backend: string;
  written: string;
  running: string;
  /** Whether it has started and loaded its backend. */
  isReady: boolean;
}

/** Longest time that a process may take to start, on a busy machine. */
const STARTUP_MS = 60_000;

const workerFile = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Runs every task, several processes at a time, and reports each as it ends. */
export async function runTasks(tasks: readonly Task[], options: PoolOptions): Promise<void> {
  const queue = [...tasks];
  await Promise.all(Array.from({ length: options.jobs }, () => drain(queue, options)));
}

async function drain(queue: Task[], options: PoolOptions): Promise<void> {
  let worker: Worker | undefined;
  for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
    if (worker !== undefined && (task.ownProcess || worker.backend !== task.backend))
      worker = await stop(worker, options);
    worker ??= start(task.backend, options.env?.(task.backend));
    const report = await runIn(worker, task, options.timeoutMs);
    options.onResult({ ...report, backend: task.backend });
    if (worker.child.exitCode !== null || worker.child.signalCode !== null) worker = undefined;
    else if (task.ownProcess) worker = await stop(worker, options);
  }
  if (worker !== undefined) await stop(worker, options);
}

function start(backend: string, env: Readonly<Record<string, string>> = {}): Worker {
  const child = fork(workerFile, {
    execArgv: ["--conditions=@hookdict/source", "--import", "@hookdict/loader"],
    env: { ...process.env, ...env, HOOKDICT_TEST_BACKEND: backend },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const worker: Worker = { child, backend, written: "", running: "", isReady: false };
  child.once("message", () => void (worker.isReady = true));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => void (worker.written += chunk));
  }
  return worker;
}

/** Waits for the report on one file; a process that ends or falls silent first is a report, too. */
function runIn(worker: Worker, task: Task, timeoutMs: number): Promise<FileReport> {
  const { child } = worker;
  const command: ToWorker = { type: "file", file: task.path };
  worker.running = "loading";
  return new Promise((resolve) => {
    let timedOut = false;
    const expire = (): void => {
      timedOut = true;
      child.kill("SIGKILL");
    };
    let timer = setTimeout(expire, worker.isReady ? timeoutMs : timeoutMs + STARTUP_MS);
    const end = (report: FileReport): void => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("close", onClose);
      resolve({ ...report, file: task.file });
    };
    const onMessage = (message: FromWorker): void => {
      clearTimeout(timer);
      timer = setTimeout(expire, timeoutMs);
      if (message.type === "test") worker.running = message.name;
      if (message.type === "file") end(message.report);
    };
    const onClose = (code: number | null, signal: string | null): void => {
      const how = timedOut
        ? `said nothing for ${timeoutMs / 1000} s and was ended`
        : `ended (${signal ?? `exit code ${code}`})`;
      end(lost(`the process ${how} while at: ${worker.running}`, worker.written));
    };
    child.on("message", onMessage);
    child.on("close", onClose);
    child.send(command);
  });
}

function lost(problem: string, output: string): FileReport {
  return { file: "", passed: 0, failed: 0, skipped: 0, problems: [problem], output, durationMs: 0 };
}

/** Asks a worker to leave; one that leaves with an error is reported. */
async function stop(worker: Worker, options: PoolOptions): Promise<undefined> {
  const { child } = worker;
  const command: ToWorker = { type: "stop" };
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs);
  child.send(command);
  const code = await ended;
  clearTimeout(timer);
  if (code === 0) return;
  const report = lost(`the process failed after its last file (exit code ${code})`, worker.written);
  options.onResult({ ...report, file: "(end)", backend: worker.backend });
}
