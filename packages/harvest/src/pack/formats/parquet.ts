import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { ByteSource } from "@hookdict/tensordict/io";
import { contentOf } from "../content.ts";
import type { DocumentFormat } from "../document.ts";
import { packDocument } from "../errors.ts";

/** Parquet, a row group at a time; every compression that hyparquet-compressors knows. */
export const parquet: DocumentFormat = {
  ending: ".parquet",
  async *read(source, { column }) {
    const file = bufferOf(source);
    const metadata = await attempt(source.name, () => parquetMetadataAsync(file));
    if (!metadata.schema.some(({ name }) => name === column))
      throw packDocument(source.name, `has no column "${column}"`);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const rows = await attempt(source.name, () =>
        parquetReadObjects({ file, metadata, compressors, columns: [column], rowStart, rowEnd }),
      );
      for (const [i, row] of rows.entries()) {
        const where = `${source.name}: row ${rowStart + i}`;
        yield { where, content: contentOf(row[column], where, column) };
      }
      rowStart = rowEnd;
    }
  },
};

function bufferOf(source: ByteSource): AsyncBuffer {
  return {
    byteLength: source.size,
    async slice(start, end = source.size) {
      const from = start < 0 ? source.size + start : start;
      const bytes = new Uint8Array(end - from);
      await source.readInto(bytes, from);
      return bytes.buffer;
    },
  };
}

async function attempt<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw packDocument(
      file,
      `cannot be read as Parquet (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
}
