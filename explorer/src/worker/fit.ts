import type { TensorStore } from "@hookdict/tensordict/io";

/** What the backend can hold. */
export interface Limits {
  readonly backend: string;
  /** Bytes of one tensor; Infinity where there is no limit of its own. */
  readonly tensor: number;
  readonly total: number;
}

const inWords = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Whether weights fit, by the headers of their files, before any of them is read: they are float32 in memory, however they
 * are stored. Gives a warning, or an empty text.
 *
 * @throws Error in words where they do not fit.
 */
export function warningOf({ name, entries }: TensorStore, limits: Limits): string {
  const all = [...entries.values()].map(({ name: tensor, dtype, bytes, shape }) => ({
    tensor,
    dtype,
    bytes,
    floats: 4 * shape.reduce((product, each) => product * each, 1),
  }));
  const sum = (of: "bytes" | "floats"): number => all.reduce((total, each) => total + each[of], 0);
  const [stored, total] = [sum("bytes"), sum("floats")];
  const dtypes = [...new Set(all.map(({ dtype }) => dtype))].join(", ");
  const files = new Set([...entries.values()].map(({ file }) => file)).size;
  const where = files > 1 ? `${lastPart(name)}, of ${files} shards,` : lastPart(name);
  const what = `${where} has ${inWords(stored)} (${dtypes}), which take ${inWords(total)} as float32`;
  if (total > limits.total)
    throw new Error(
      `The model is too large: ${what}, and ${limits.backend} can hold ${inWords(limits.total)} in a page. Nothing of its weights was loaded.`,
    );
  const largest = all.toSorted((one, other) => other.floats - one.floats)[0];
  if (largest !== undefined && largest.floats > limits.tensor)
    throw new Error(
      `The model is too large for ${limits.backend} here: ${largest.tensor} takes ${inWords(largest.floats)}, and one buffer holds ${inWords(limits.tensor)}. Choose wasm; nothing of its weights was loaded.`,
    );
  return total > 1e9 ? `${what}: other pages may become slow.` : "";
}

/** @throws Error in words where a file is larger by itself than what can be held. */
export function refuseBytes(name: string, bytes: number, { backend, total }: Limits): void {
  if (bytes > total)
    throw new Error(
      `The model is too large: ${name} has ${inWords(bytes)}, and ${backend} can hold ${inWords(total)} in a page. Nothing of its weights was loaded.`,
    );
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
