import "./defer.ts";
import { writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { exec } from "uvu";
import { describeChange, loadTestBackend, takeSnapshot } from "./backend.ts";
import type { FileReport, FromWorker, ToWorker } from "./messages.ts";
import { findProblems, records } from "./records.ts";

// A worker process: loads one backend, then runs the files it is told to, one after the other.

/** uvu's queue of suites: one group per file, here always one. */
const uvu = globalThis as unknown as { UVU_QUEUE: unknown[][]; UVU_INDEX: number };

const strays: string[] = [];
let output = "";

function send(message: FromWorker): void {
  process.send?.(message);
}

function capture(): void {
  const collect = (chunk: string | Uint8Array): boolean => {
    output += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    return true;
  };
  process.stdout.write = collect;
  process.stderr.write = collect;
  process.on("exit", () => void (output && writeSync(2, output)));
}

function noteStrays(): void {
  const note = (what: string) => (error: unknown) => {
    strays.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  process.on("unhandledRejection", note("a promise rejected and nobody waited for it"));
  process.on("uncaughtException", note("an exception that nobody caught"));
}

async function load(backend: string): Promise<void> {
  try {
    await loadTestBackend(backend);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

async function runFile(file: string): Promise<FileReport> {
  const start = performance.now();
  const before = takeSnapshot();
  records.length = 0;
  uvu.UVU_QUEUE = [[file]];
  uvu.UVU_INDEX = 0;
  const problems = await loadAndRun(file);
  const counts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
  problems.push(...findProblems(records), ...strays.splice(0));
  const change = describeChange(before, takeSnapshot());
  if (change !== undefined && counts.failed === 0) problems.push(`after the file's last suite, ${change}`);
  const report = { file, ...counts, problems, output, durationMs: performance.now() - start };
  output = "";
  process.exitCode = 0; // uvu sets it; the report says it
  return report;
}

async function loadAndRun(file: string): Promise<string[]> {
  try {
    await import(pathToFileURL(file).href);
    await exec();
    await nextTurn();
    return [];
  } catch (error) {
    return [
      `the file could not be loaded: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ];
  }
}

function count(state: "passed" | "failed" | "skipped"): number {
  return records.flatMap((record) => record.tests).filter((test) => test.state === state).length;
}

capture();
noteStrays();
await load(process.env["HOOKDICT_TEST_BACKEND"] ?? "cpu");
process.on("message", (message: ToWorker) => {
  if (message.type === "stop") process.exit(strays.length > 0 ? 1 : 0);
  void runFile(message.file).then((report) => send({ type: "file", report }));
});
send({ type: "ready" });
