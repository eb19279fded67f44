import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is gone at the end of its block. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** An empty folder. */
export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "hookdict-harvest-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Writes documents that are lists of tokens below 50: document `n` has `length` of them. */
export async function writeDocuments(file: string, documents: number, length: number): Promise<void> {
  const lines = Array.from({ length: documents }, (_, n) => {
    const tokens = Array.from({ length }, (_unused, i) => 1 + ((n * 7 + i * 3) % 49));
    return JSON.stringify({ tokens });
  });
  await writeFile(file, `${lines.join("\n")}\n`);
}
