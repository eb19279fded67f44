import "./defer.ts";
import { suite as uvuSuite } from "uvu";
import { describeChange, takeSnapshot } from "./backend.ts";
import { type SuiteRecord, type TestRecord, records } from "./records.ts";

export * as assert from "uvu/assert";
export { rejected, thrown } from "./thrown.ts";

/** A test or a hook; its argument is the suite's context. */
export type Callback<T> = (context: T) => void | Promise<void>;

/** Registers a hook around the whole suite; `each` registers one around every test. */
export interface HookSlot<T> {
  (hook: Callback<T>): void;
  each(hook: Callback<T>): void;
}

/** A uvu suite that cannot pass silently. */
export interface Suite<T> {
  (name: string, test: Callback<T>): void;
  /** Runs only this test, for a while at the desk: the gate fails as long as it is there. */
  only(name: string, test: Callback<T>): void;
  skip(name: string, test?: Callback<T>): void;
  readonly before: HookSlot<T>;
  readonly after: HookSlot<T>;
  run(): void;
}

/**
 * Tells the gate that the test under way goes on, and where it is: the gate ends a file of which it hears nothing for long, and a
 * test of many processes may take long where the machine is busy.
 */
export function goesOn(where: string): void {
  process.send?.({ type: "test", name: where });
}

/** Hooks of one suite and the error its `before` threw, if it did. */
interface Surroundings<T> {
  readonly before: Callback<T>[];
  readonly beforeEach: Callback<T>[];
  readonly afterEach: Callback<T>[];
  readonly after: Callback<T>[];
  setupError?: Error;
}

/**
 * A suite with uvu's interface. Every test must leave `tf.memory().numTensors` and the backend as it
 * found them; hooks that throw fail tests instead of swallowing them.
 *
 * @example
 * const test = suite("paths");
 * test("a dot and a slash both separate segments", () => assert.equal(parse("a.b/c"), ["a", "b", "c"]));
 * test.run();
 */
export function suite<T extends object = Record<never, never>>(name: string, context?: T): Suite<T> {
  const record: SuiteRecord = { name, tests: [], only: [], failures: [], runs: 0 };
  const around: Surroundings<T> = { before: [], beforeEach: [], afterEach: [], after: [] };
  const inner = uvuSuite<T>(name, context);
  records.push(record);
  const declare = (testName: string): TestRecord => {
    const test: TestRecord = { name: testName, state: "declared" };
    record.tests.push(test);
    return test;
  };
  const wrap = (test: TestRecord, body: Callback<T>): Callback<T> => {
    return (value) => runTest(test, around, body, value, record);
  };
  const test: Suite<T> = Object.assign(
    (testName: string, body: Callback<T>) => {
      inner(testName, wrap(declare(testName), body));
    },
    {
      only: (testName: string, body: Callback<T>) => {
        record.only.push(testName);
        inner.only(testName, wrap(declare(testName), body));
      },
      skip: (testName: string) => {
        declare(testName).state = "skipped";
        inner.skip(testName);
      },
      before: slot(around.before, around.beforeEach),
      after: slot(around.after, around.afterEach),
      run: () => {
        record.runs += 1;
        inner.run();
      },
    },
  );
  inner.before((value) => setUp(around, value));
  inner.after((value) => tearDown(around, value, record));
  return test;
}

function slot<T>(once: Callback<T>[], each: Callback<T>[]): HookSlot<T> {
  return Object.assign((hook: Callback<T>) => void once.push(hook), {
    each: (hook: Callback<T>) => void each.push(hook),
  });
}

async function setUp<T>(around: Surroundings<T>, context: T): Promise<void> {
  const [error] = await attemptAll(around.before, context, "before");
  if (error !== undefined) around.setupError = error;
}

async function tearDown<T>(around: Surroundings<T>, context: T, record: SuiteRecord): Promise<void> {
  const errors = await attemptAll(around.after, context, "after");
  record.failures.push(...errors.map((error) => error.stack ?? error.message));
}

async function runTest<T>(
  test: TestRecord,
  around: Surroundings<T>,
  body: Callback<T>,
  context: T,
  record: SuiteRecord,
): Promise<void> {
  test.state = "failed";
  if (around.setupError !== undefined) throw around.setupError;
  process.send?.({ type: "test", name: `${record.name} > ${test.name}` });
  const before = takeSnapshot();
  const errors = await attemptAll(around.beforeEach, context, "before.each");
  if (errors.length === 0) errors.push(...(await attemptAll([body], context)));
  errors.push(...(await attemptAll(around.afterEach, context, "after.each")));
  const change = describeChange(before, takeSnapshot());
  if (errors.length === 0 && change !== undefined) errors.push(new Error(change));
  const [first, ...others] = errors;
  record.failures.push(...others.map((error) => `"${test.name}", then: ${error.message}`));
  if (first !== undefined) throw first;
  test.state = "passed";
}

/** Runs all callbacks, the later ones also when an earlier one throws, and returns what they threw. */
async function attemptAll<T>(callbacks: readonly Callback<T>[], context: T, hook?: string): Promise<Error[]> {
  const errors: Error[] = [];
  for (const callback of callbacks) {
    try {
      await callback(context);
    } catch (thrown) {
      errors.push(asError(thrown, hook));
    }
  }
  return errors;
}

/** uvu cannot print what is not an `Error`, and passes silently when it tries. */
function asError(thrown: unknown, hook: string | undefined): Error {
  const error =
    thrown instanceof Error
      ? thrown
      : new Error(`something that is not an Error was thrown: ${String(thrown)}`);
  if (hook !== undefined) error.message = `\`${hook}\` threw: ${error.message}`;
  error.stack = error.stack?.split("\n").filter(isOfInterest).join("\n") ?? error.message;
  return error;
}

/** Whether a line of a stack tells the reader of a failure anything: the gate's own and uvu's do not. */
function isOfInterest(line: string): boolean {
  return !/[/\\](?:gate[/\\][\w-]+\.ts|uvu[/\\])/.test(line);
}
