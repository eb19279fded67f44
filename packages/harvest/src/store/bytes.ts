import type { SourceDirectory } from "@hookdict/tensordict/io";
import { harvestFileInvalid } from "../checks/errors.ts";

/** Longest JSON file that is read whole: a manifest of 10^6 records. */
const MAX_BYTES = 1_000_000_000;

/** A file's bytes; `undefined` where there is none. @throws FormatError `HARVEST_FILE_INVALID` where it is too long. */
export async function findBytes(directory: SourceDirectory, file: string): Promise<Uint8Array | undefined> {
  const source = await directory.find(file);
  if (source === undefined) return undefined;
  try {
    if (source.size > MAX_BYTES)
      throw harvestFileInvalid(source.name, `it has ${source.size} bytes, at most ${MAX_BYTES} are read`);
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    return bytes;
  } finally {
    await source.close();
  }
}
