/** What became of one declared test. */
export interface TestRecord {
  readonly name: string;
  state: "declared" | "passed" | "failed" | "skipped";
}

/** What one suite declared and what became of it; uvu itself keeps no such list. */
export interface SuiteRecord {
  readonly name: string;
  readonly tests: TestRecord[];
  /** Names of tests declared with `.only`. */
  readonly only: string[];
  /** Failures outside any one test: an `after` hook that threw. */
  readonly failures: string[];
  /** How often `.run()` was called. */
  runs: number;
}

/** The suites of the file that is being run, in the order of their creation. */
export const records: SuiteRecord[] = [];

/**
 * What is wrong with the suites of one file although uvu may have said nothing: no suite, no test, a
 * missing or second `.run()`, an `.only`, a test that never ran, an `after` that threw.
 */
export function findProblems(suites: readonly SuiteRecord[]): string[] {
  if (suites.length === 0) return ["the file makes no suite with the gate's `suite()`"];
  return suites.flatMap((record) =>
    suiteProblems(record).map((problem) => `suite "${record.name}": ${problem}`),
  );
}

function suiteProblems(record: SuiteRecord): string[] {
  const problems = [...record.failures];
  if (record.tests.length === 0) problems.push("it has no test");
  if (record.runs === 0) problems.push("`.run()` is missing, so none of its tests ran");
  if (record.runs > 1) problems.push(`\`.run()\` was called ${record.runs} times`);
  for (const name of record.only) problems.push(`\`.only\` is left on "${name}"`);
  if (record.runs === 0 || record.only.length > 0) return problems;
  for (const test of record.tests) if (test.state === "declared") problems.push(`"${test.name}" never ran`);
  return problems;
}
