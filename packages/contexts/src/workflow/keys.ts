import { isDirection } from "@hookdict/core";
import { isTensorDict, type Key, type TensorDict } from "@hookdict/tensordict";
import { keyMissing, keyOwned } from "./errors.ts";
import { isPass, outKeysOf, type PassStep, type WorkflowStep } from "./step.ts";

/** A key as a path: `"x"` and `["x"]` are the same. */
export function pathOf(key: Key): readonly string[] {
  return typeof key === "string" ? [key] : key;
}

/** A key as text: the same for keys that are the same. */
export function textOf(key: Key): string {
  return JSON.stringify(pathOf(key));
}

/** Whether one key is the other, or one above it: what is written there is written here, too. */
export function overlap(one: Key, other: Key): boolean {
  const [a, b] = [pathOf(one), pathOf(other)];
  return a.slice(0, b.length).every((part, at) => part === b[at]);
}

/** Keys that have been written, with who did. */
class Written {
  readonly #all: { readonly key: Key; readonly step: WorkflowStep }[] = [];

  add(key: Key, step: WorkflowStep): void {
    this.#all.push({ key, step });
  }

  get keys(): readonly Key[] {
    return this.#all.map(({ key }) => key);
  }

  /** The last that has written a key, one above it or one below. */
  lastOver(key: Key): { readonly key: Key; readonly step: WorkflowStep } | undefined {
    return this.#all.findLast((each) => overlap(each.key, key));
  }
}

/** Every key that steps read and none before them writes. */
export function neededBy(steps: readonly WorkflowStep[]): readonly Key[] {
  const written = new Written();
  const needed = new Map<string, Key>();
  for (const step of steps) {
    for (const key of [...step.inKeys, ...(step.updates ?? [])])
      if (written.lastOver(key) === undefined) needed.set(textOf(key), key);
    for (const key of outKeysOf(step)) written.add(key, step);
  }
  return [...needed.values()];
}

/**
 * Checks the keys of steps against those of an input and of each other.
 *
 * @throws KeyError `WORKFLOW_KEY_MISSING`; UsageError `WORKFLOW_KEY_OWNED`
 */
export function checkKeys(steps: readonly WorkflowStep[], input: TensorDict): void {
  const written = new Written();
  for (const step of steps) {
    for (const key of [...step.inKeys, ...(step.updates ?? [])]) checkRead(step, key, written, input);
    const updates = new Set((step.updates ?? []).map(textOf));
    for (const key of outKeysOf(step)) {
      const before = written.lastOver(key);
      const owner =
        before !== undefined ? `the step ${before.step.name}` : isTaken(input, key) ? "the input" : undefined;
      if (owner !== undefined && !updates.has(textOf(key))) throw keyOwned(step.name, key, owner);
      written.add(key, step);
    }
  }
}

function checkRead(step: WorkflowStep, key: Key, written: Written, input: TensorDict): void {
  const before = written.lastOver(key);
  const captures = before !== undefined && isPass(before.step) ? missingCapture(before.step, key) : undefined;
  if (captures === undefined && (before !== undefined || input.has(key))) return;
  throw keyMissing(step.name, key, [
    ...input.keys({ nested: true, leavesOnly: true }),
    ...written.keys,
    ...(captures ?? []),
  ]);
}

/** Whether the input has the key, or a value where a tree of keys would have to be. */
function isTaken(input: TensorDict, key: Key): boolean {
  const path = pathOf(key);
  return path.some((_, at) => {
    const above = path.slice(0, at + 1);
    if (!input.has(above)) return false;
    return at === path.length - 1 || !isTensorDict(input.get<unknown>(above));
  });
}

/** The captures that a pass will have, where a key below its run is none of them. */
function missingCapture({ run, factory, model }: PassStep, key: Key): readonly Key[] | undefined {
  const [first, direction, site, ...rest] = pathOf(key);
  if (run === undefined || first !== run || site === undefined || !isDirection(direction)) return undefined;
  using hooked = factory.prepare(model);
  const captured = hooked.context.binding.entries.filter(({ captures }) => captures !== undefined);
  const path = site.replace(/#\d+$/, ""); // a later pass of the same site
  const isThere = captured.some((entry) => entry.direction === direction && entry.site.path === path);
  if (captured.length === 0 || (isThere && rest.length === 0)) return undefined;
  return captured.map((entry) => [run, entry.direction, entry.site.path]);
}
