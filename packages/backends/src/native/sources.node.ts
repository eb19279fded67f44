import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Path of a file of this package's C++. */
export function ownSource(name: string): string {
  return fileURLToPath(new URL(`../../native/${name}`, import.meta.url));
}

/** Names the present state of this package's C++: what was built of another one computes something else. */
export function digestSources(): string {
  const hash = createHash("sha256");
  const names = ["", "kernels/"].flatMap((folder) =>
    readdirSync(ownSource(folder)).map((name) => folder + name),
  );
  for (const name of names.filter((each) => /\.(cc|h)$/u.test(each)).sort())
    hash.update(name).update(readFileSync(ownSource(name)));
  return hash.digest("hex").slice(0, 16);
}
