import { readFileSync } from "node:fs";

const packages = new URL("../../packages/", import.meta.url);

/** The entry points of a package, such as `@hookdict/core/layers`. */
export function entriesOf(folder: string): readonly string[] {
  const text = readFileSync(new URL(`${folder}/package.json`, packages), "utf8");
  const { name, exports } = JSON.parse(text) as { readonly name: string; readonly exports: object };
  return Object.keys(exports)
    .filter((key) => !key.endsWith(".json"))
    .map((key) => name + key.slice(1));
}

/** Whether a value is a class: its source says so. */
export function isClass(value: unknown): value is (new (...args: readonly unknown[]) => object) & object {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Names of the methods that an object has of its own or inherits, and of its fields that can be set as `name=`. */
export function methodsOf(value: object): readonly string[] {
  const names = new Set<string>();
  for (
    let at: object | null = value;
    at !== null && ![Object, Object.prototype, Function.prototype].includes(at);
    at = Reflect.getPrototypeOf(at)
  )
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name === "constructor" || isClass(property.value)) continue;
      if (typeof property.value === "function") names.add(name);
      if (property.set !== undefined) names.add(`${name}=`);
    }
  return [...names];
}
