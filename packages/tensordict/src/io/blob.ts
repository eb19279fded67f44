import { fileTruncated } from "./errors.ts";
import type { BlobLike } from "./platform.ts";
import type { ByteSource, SourceDirectory } from "./source.ts";

/** A source over a `Blob` or `File`; only the ranges asked for are read from it. */
export function blobSource(blob: BlobLike, name: string = blob.name ?? "blob"): ByteSource {
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
  const byName = new Map([...blobs].map((blob) => [blob.name ?? "blob", blob]));
  return {
    name,
    async find(file) {
      const blob = byName.get(file);
      return blob && blobSource(blob, `${name}/${file}`);
    },
  };
}
