import { assert, suite } from "../gate/suite.ts";
import { type Callee, complaints, endAll } from "./calls.ts";
import { entriesOf, isClass, methodsOf } from "./exports.ts";
import { owned, type Recipes, type Subject } from "./recipes.ts";

/**
 * Tests each function, constructor and method that a package exports: given junk, it does what it can, or throws an error
 * of ours, and leaves no tensor behind.
 *
 * @param end Ends what all recipes share.
 */
export async function examine(
  folder: string,
  recipes: Recipes,
  end: () => unknown = () => undefined,
): Promise<void> {
  const test = suite(`arguments of ${folder}`);
  const known = new Set<unknown>();
  const met = new Set<string>();
  for (const entry of entriesOf(folder)) {
    const exported = (await import(entry)) as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries(exported)) {
      met.add(name);
      if (known.has(value) || name in recipes.spared) continue;
      known.add(value);
      const callees = await calleesOf(name, value, recipes, met);
      if (callees.length === 0) continue;
      test(`${entry.slice("@hookdict/".length)}: ${name}`, async () => {
        const found: string[] = [];
        for (const callee of callees) found.push(...(await complaints(callee)));
        assert.equal(found, []);
      });
    }
  }
  for (const [name, use] of Object.entries(recipes.uses ?? {}))
    test(name, async () => {
      assert.equal(await complaints({ name, arity: 1, ...use }), []);
    });
  test("every recipe is of something that is exported", () => {
    const { subjects, right, spared } = recipes;
    const named = [subjects, right, spared].flatMap((part: object) => Object.keys(part));
    assert.equal(
      named.filter((name) => !met.has(name)),
      [],
    );
  });
  test.after(async () => {
    await end();
  });
  test.run();
}

/** Methods that are for the packages and for derived classes to call. */
const PROTECTED: ReadonlySet<string> = new Set([
  "setUp",
  "createContext",
  "setParts",
  "setUpWithin",
  "solve",
  "compute",
]);

async function calleesOf(
  name: string,
  value: unknown,
  recipes: Recipes,
  met: Set<string>,
): Promise<readonly Callee[]> {
  const callees: Callee[] = [];
  const add = (callee: string, arity: number, call: Callee["call"]): void => {
    met.add(callee);
    if (PROTECTED.has(callee.split(".").at(-1) ?? "")) return;
    if (callee in recipes.spared) return;
    callees.push({ name: callee, arity, right: recipes.right[callee], call });
  };
  if (isClass(value)) {
    add(`new ${name}`, Math.max(2, value.length), (args) => new value(...args));
    for (const method of methodsOf(value))
      add(`${name}::${method}`, 2, (args) => callMethod(value, method, args));
  } else if (typeof value === "function")
    add(name, Math.max(2, value.length), (args) => value(...args) as unknown);
  const make = recipes.subjects[name] ?? plainSubject(value) ?? madeSubject(name, value, recipes);
  if (make === undefined) {
    // A class of which nothing makes one here has methods that nothing would call.
    if (isClass(value) && !(name in recipes.spared) && methodsOf(value.prototype as object).length > 0)
      callees.push({ name, arity: 0, right: undefined, call: () => Promise.reject(new Error("no subject")) });
    return callees;
  }
  const subject = await make();
  for (const method of methodsOf(subject.value))
    add(`${name}.${method}`, 2, async (args) => {
      const { value: object, end, call } = await make();
      try {
        return await (call === undefined ? callMethod(object, method, args) : call(method, args));
      } finally {
        await end?.();
      }
    });
  await subject.end?.();
  return callees;
}

/** Records of functions, such as `HookFactory`, and functions that have further ones, are their own subjects. */
function plainSubject(value: unknown): (() => Subject) | undefined {
  const isOne = typeof value === "function" ? !isClass(value) : typeof value === "object" && value !== null;
  return isOne && !Array.isArray(value) ? () => ({ value: value as object }) : undefined;
}

/** An instance made with right arguments where they are known, or with few that many classes take. */
function madeSubject(name: string, value: unknown, { right }: Recipes): (() => Subject) | undefined {
  if (!isClass(value)) return undefined;
  const known = right[`new ${name}`];
  for (const args of [...(known === undefined ? [] : [known]), () => [], () => ["**"]]) {
    const make = (): Subject => {
      const given = args();
      try {
        const made = owned(new value(...given));
        return { ...made, end: () => (void made.end?.(), endAll(given)) };
      } catch (error) {
        endAll(given);
        throw error;
      }
    };
    try {
      void make().end?.();
      return make;
    } catch {
      // It takes something else.
    }
  }
  return undefined;
}

function callMethod(object: object, method: string, args: readonly unknown[]): unknown {
  if (method.endsWith("=")) return Reflect.set(object, method.slice(0, -1), args[0]);
  return (object as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>)[method]?.(...args);
}
