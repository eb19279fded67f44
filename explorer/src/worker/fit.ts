/** A file whose parts can be read before it is there as a whole. */
export interface Remote {
  readonly name: string;
  readonly bytes: number;
  /** Bytes from one place to another; `undefined` where a server gives no parts. */
  read(start: number, end: number): Promise<Uint8Array | undefined>;
}

/** What the backend can hold. */
export interface Limits {
  readonly backend: string;
  /** Bytes of one tensor; Infinity where there is no limit of its own. */
  readonly tensor: number;
  readonly total: number;
}

const LONGEST_HEADER = 100_000_000;
const inWords = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Whether weights fit, by the header of their file, before any of them is read: they are float32 in memory, however they are
 * stored. Gives a warning, or an empty text.
 *
 * @throws Error in words where they do not fit.
 */
export async function checkFit(file: Remote, limits: Limits): Promise<string> {
  const tensors = await headerOf(file);
  // Without a header, what is told by the size of the file alone: it holds as many bytes at least.
  const all = tensors ?? [{ name: "", dtype: "as stored", bytes: file.bytes }];
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const dtypes = [...new Set(all.map(({ dtype }) => dtype))].join(", ");
  const largest = all.reduce((one, other) => (other.bytes > one.bytes ? other : one), {
    name: "",
    dtype: "",
    bytes: 0,
  });
  const what = `${file.name} has ${inWords(file.bytes)} (${dtypes}), which take ${inWords(total)} as float32`;
  if (total > limits.total)
    throw new Error(
      `The model is too large: ${what}, and ${limits.backend} can hold ${inWords(limits.total)} in a page. Nothing of its weights was loaded.`,
    );
  if (largest.bytes > limits.tensor)
    throw new Error(
      `The model is too large for ${limits.backend} here: ${largest.name} takes ${inWords(largest.bytes)}, and one buffer holds ${inWords(limits.tensor)}. Choose wasm; nothing of its weights was loaded.`,
    );
  return total > 1e9 ? `${what}: other pages may become slow.` : "";
}

interface Stored {
  readonly name: string;
  readonly dtype: string;
  readonly bytes: number;
}

/** Tensors of a safetensors file with their sizes as float32; `undefined` where its header cannot be read by itself. */
async function headerOf(file: Remote): Promise<readonly Stored[] | undefined> {
  const head = await file.read(0, 8);
  if (head === undefined || head.length < 8) return undefined;
  const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  if (!(length > 0 && length <= Math.min(LONGEST_HEADER, file.bytes - 8))) return undefined; // what reads it says why
  const bytes = await file.read(8, 8 + length);
  if (bytes === undefined) return undefined;
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Object.entries(Object(header) as Record<string, { dtype?: unknown; shape?: unknown }>).flatMap(
      ([name, { dtype, shape }]) =>
        name === "__metadata__" || !Array.isArray(shape)
          ? []
          : [
              {
                name,
                dtype: String(dtype),
                bytes: 4 * shape.reduce((size: number, each) => size * Number(each), 1),
              },
            ],
    );
  } catch {
    return undefined;
  }
}
