import { existsSync, readdirSync, readFileSync } from "node:fs";

const root = new URL("../../reference/models/families/", import.meta.url);

/** Folder of a variant of the reference. */
export function familyFolder(name: string): URL {
  return new URL(`${name}/`, root);
}

/** Variants whose rows do not depend on each other, of one kind. */
export function variants(kind: string): string[] {
  return readdirSync(root).filter((name) => {
    const file = new URL(`${name}/reference.json`, root);
    if (!existsSync(new URL(`${name}/config.json`, root))) return false;
    return (JSON.parse(readFileSync(file, "utf8")) as { readonly kind: string }).kind === kind;
  });
}
