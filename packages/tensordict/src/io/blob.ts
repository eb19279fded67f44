import { argumentInvalid } from "../values/arguments.ts";
import { checkBlob } from "./check.ts";
import { fileTruncated } from "./errors.ts";
import type { BlobLike } from "./platform.ts";
import type { ByteSource, SourceDirectory } from "./source.ts";

/** A source over a `Blob` or `File`; only the ranges asked for are read from it. */
export function blobSource(blob: BlobLike, given?: string): ByteSource {
  checkBlob("blobSource", blob);
  const name = given ?? blob.name ?? "blob";
  return {
    name,
    size: blob.size,
    async readInto(target, offset) {
      const end = offset + target.byteLength;
      if (end > blob.size) throw fileTruncated(name, end, blob.size);
      target.set(new Uint8Array(await blob.slice(offset, end).arrayBuffer()));
    },
    async close() {},
  };
}

/** A directory of picked or dropped `File`s, found by their `name`. */
export function blobDirectory(name: string, blobs: Iterable<BlobLike>): SourceDirectory {
  if (typeof blobs !== "object" || blobs === null || !(Symbol.iterator in blobs))
    throw argumentInvalid("blobDirectory", "blobs", blobs, "a list of Files");
  const files = [...blobs];
  for (const blob of files) checkBlob("blobDirectory", blob);
  const byName = new Map(files.map((blob) => [blob.name ?? "blob", blob]));
  return {
    name,
    async find(file) {
      const blob = byName.get(file);
      return blob && blobSource(blob, `${name}/${file}`);
    },
  };
}
