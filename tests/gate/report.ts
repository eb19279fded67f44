import type { Result } from "./pool.ts";

/** Sums over all files and backends. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds one result; each problem counts as a failure. */
export function addResult(totals: Totals, result: Result): void {
  totals.passed += result.passed;
  totals.failed += result.failed + result.problems.length;
  totals.skipped += result.skipped;
}

/** Whether anything about the file is wrong. */
export function hasFailed(result: Result): boolean {
  return result.failed > 0 || result.problems.length > 0;
}

/** One line for a file that passed; its whole output and its problems for one that did not. */
export function formatResult(result: Result, verbose: boolean): string {
  const failed = hasFailed(result);
  const counts = `${result.passed} passed${result.skipped > 0 ? `, ${result.skipped} skipped` : ""}`;
  const head = `${failed ? "FAIL" : "ok  "} [${result.backend}] ${result.file} (${counts}, ${Math.round(result.durationMs)} ms)`;
  const problems = result.problems.map((problem) => `  ✘ ${problem}`);
  return [head, ...(failed || verbose ? [result.output.trimEnd()] : []), ...problems]
    .filter(Boolean)
    .join("\n");
}

/** The closing line. */
export function formatTotals(totals: Totals): string {
  return `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
}
