import { csvParts, type Description, jsonParts } from "@hookdict/viz";
import type { Progress } from "./experiment.ts";

/** What a file is, and about how many bytes a number takes in it: how far it is, is told by these. */
const KINDS = {
  csv: { type: "text/csv", bytes: 40, partsOf: csvParts },
  json: { type: "application/json", bytes: 16 / 3, partsOf: jsonParts },
} as const;

/** A picture as an exact file, part by part, so that it can be cancelled. Its progress is told in MB. */
export async function fileOf(d: Description, kind: "csv" | "json", progress: Progress): Promise<Blob> {
  const { type, bytes, partsOf } = KINDS[kind];
  const total = numbersIn(d) * bytes;
  const parts: Blob[] = [];
  let done = 0;
  const tell = (): Promise<void> => progress(mega(done), Math.max(mega(total), mega(done)));
  await tell();
  for (const text of partsOf(d)) {
    // As bytes at once: texts of all parts together may be more than a page can hold.
    const part = new Blob([text]);
    parts.push(part);
    done += part.size;
    await tell();
  }
  return new Blob(parts, { type });
}

const mega = (bytes: number): number => Math.ceil(bytes / 1e6);

function numbersIn({ blocks }: Description): number {
  const counts = blocks.map(
    (block) => (block as { readonly values?: { readonly length: number } }).values?.length,
  );
  return counts.reduce((sum: number, count = 0) => sum + count, 0);
}
