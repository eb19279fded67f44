import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILES = [
  "kernels/kernels.cc",
  "kernels/operations.h",
  "kernels/rows.h",
  "kernels/tensorflow.h",
  "quiet.cc",
];

/** Path of a file of this package's C++. */
export function ownSource(name: string): string {
  return fileURLToPath(new URL(`../../native/${name}`, import.meta.url));
}

/** Names the present state of this package's C++: what was built of another one computes something else. */
export function digestSources(): string {
  const hash = createHash("sha256");
  for (const name of FILES) hash.update(readFileSync(ownSource(name)));
  return hash.digest("hex").slice(0, 16);
}
