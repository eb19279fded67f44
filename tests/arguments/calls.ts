import { isHookdictError, isPlainRecord, isTensor, TensorDict } from "@hookdict/tensordict";
import { memory } from "@tensorflow/tfjs-core";
import { JUNK, Theirs } from "./junk.ts";

/** What is called with junk. */
export interface Callee {
  readonly name: string;
  /** How many arguments junk stands for alone. */
  readonly arity: number;
  /** Right arguments, where they are known. */
  readonly right: (() => readonly unknown[]) | undefined;
  readonly call: (args: readonly unknown[]) => unknown;
}

type Arguments = readonly [shown: string, make: () => readonly unknown[]];

/** Each kind of junk alone, in all places, and in place of each right argument and each field of right options. */
function argumentLists({ arity, right }: Callee): readonly Arguments[] {
  const counts = Array.from({ length: Math.max(1, Math.min(arity, 4)) }, (_, i) => i + 1);
  return Object.entries(JUNK).flatMap(([kind, make]) => [
    ...counts.map((count): Arguments => [`${kind} × ${count}`, () => Array.from({ length: count }, make)]),
    ...(right === undefined ? [] : among(right, kind, make)),
  ]);
}

function among(right: () => readonly unknown[], kind: string, make: () => unknown): readonly Arguments[] {
  const given = right();
  endAll(given);
  return given.flatMap((argument, at): Arguments[] => [
    [`argument ${at + 1}: ${kind}`, () => replaced(right(), at, make)],
    ...(isPlainRecord(argument) ? Object.keys(argument) : []).map((field): Arguments => [
      `argument ${at + 1}, ${field}: ${kind}`,
      () => right().map((value, i) => (i === at ? replacedField(value as object, field, make) : value)), // a record
    ]),
  ]);
}

function replaced(args: readonly unknown[], at: number, make: () => unknown): readonly unknown[] {
  endAll([args[at]]);
  return args.with(at, make());
}

function replacedField(record: object, field: string, make: () => unknown): object {
  endAll([(record as Readonly<Record<string, unknown>>)[field]]);
  return { ...record, [field]: make() };
}

/** Frees and ends what a call was given, or gave. */
export function endAll(values: readonly unknown[], seen: Set<unknown> = new Set()): void {
  for (const value of values) {
    if (typeof value !== "object" || value === null || seen.has(value) || isHostile(value)) continue;
    seen.add(value);
    if (isTensor(value)) {
      if (!value.isDisposed) value.dispose();
    } else if (Array.isArray(value)) endAll(value, seen);
    else if (value instanceof TensorDict) {
      if (value.dictNode.parent === undefined) value.dispose();
    } else {
      if (isPlainRecord(value)) endAll(valuesOf(value), seen);
      end(value);
    }
  }
}

/** Whether a value cannot even be looked at: it holds nothing of ours. */
function isHostile(value: object): boolean {
  try {
    Object.getPrototypeOf(value);
    return false;
  } catch {
    return true;
  }
}

/** What a record holds; nothing where its fields throw. */
function valuesOf(record: object): readonly unknown[] {
  try {
    return Object.values(record);
  } catch {
    return [];
  }
}

function end(value: object): void {
  const { dispose, close, return: leave } = value as Readonly<Record<string, unknown>>;
  for (const ending of [dispose, close, "next" in value ? leave : undefined])
    if (typeof ending === "function") void ending.call(value);
}

/** What is wrong with the answers: errors that are not ours, and tensors that are left. */
export async function complaints(callee: Callee): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for (const [shown, make] of argumentLists(callee)) {
    const before = memory().numTensors;
    const args = make();
    const said = await complaint(callee, args);
    endAll(args);
    const left = memory().numTensors - before;
    const wrong = said ?? (left === 0 ? undefined : `${left} tensors more than before`);
    // One of each kind.
    if (wrong !== undefined && !found.has(wrong)) found.set(wrong, `${callee.name}(${shown}): ${wrong}`);
  }
  return [...found.values()];
}

async function complaint({ call }: Callee, args: readonly unknown[]): Promise<string | undefined> {
  try {
    const made = await call(args);
    endAll([made], new Set(args));
    // What works until it is waited for, such as a worker.
    if (typeof made === "object" && made !== null && !args.includes(made))
      await (made as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
    return undefined;
  } catch (error) {
    if (isHookdictError(error) || error instanceof Theirs) return undefined;
    return error instanceof Error ? `${error.name}: ${error.message}` : `something else was thrown`;
  }
}
