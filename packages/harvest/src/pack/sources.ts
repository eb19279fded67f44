import { openSource } from "@hookdict/tensordict/io";
import { localFiles, sha256Of } from "#platform";
import type { FileHash } from "../plan/plan.ts";
import type { Document, DocumentFormat, ReadOptions } from "./document.ts";
import { packSource } from "./errors.ts";
import { DOCUMENT_FORMATS } from "./formats.ts";

/** A file of documents. */
export interface DocumentFile extends FileHash {
  readonly path: string;
  readonly format: DocumentFormat;
}

/**
 * The files of documents at some paths, each path's sorted, with their hashes.
 *
 * @throws UsageError `PACK_SOURCE`
 */
export async function documentFiles(paths: readonly string[]): Promise<DocumentFile[]> {
  const files: DocumentFile[] = [];
  for (const given of [...paths].sort()) {
    const found = (await localFiles(given)).flatMap(({ name, path }) => {
      const format = DOCUMENT_FORMATS.find(({ ending }) => path.toLowerCase().endsWith(ending));
      return format === undefined ? [] : [{ name, path, format }];
    });
    if (found.length === 0) throw packSource(given);
    for (const file of found) {
      const source = await openSource(file.path);
      try {
        files.push({ ...file, bytes: source.size, sha256: await sha256Of(source) });
      } finally {
        await source.close();
      }
    }
  }
  return files;
}

/** All documents, file after file. */
export async function* documentsOf(
  files: readonly DocumentFile[],
  options: ReadOptions,
): AsyncGenerator<Document> {
  for (const { path, format } of files) {
    const source = await openSource(path);
    try {
      yield* format.read(source, options);
    } finally {
      await source.close();
    }
  }
}
