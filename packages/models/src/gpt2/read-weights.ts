import type { TensorStore } from "@hookdict/tensordict/io";
import type { Tensor } from "@tensorflow/tfjs-core";
import { disposeAll, keptTensor } from "../ops/kept.ts";
import type { GPT2Config } from "./config.ts";
import { haveSameValues, type ModelWarning, unembeddingUntied } from "../warnings.ts";
import { EMBEDDING, UNEMBEDDING } from "./weights.ts";
import { type FoundWeight, findWeights } from "./check-names.ts";

/** Elements that are read at a time where their order changes. */
const CHUNK_ELEMENTS = 1 << 18;

/**
 * Reads the weights of a checkpoint, each byte once, at most one tensor's values in memory besides those on the backend.
 *
 * **Ownership:** *borrows* the store; *returns owned* tensors, by the name of their spec. When anything fails, those
 * read before are disposed.
 */
export async function readWeights(
  store: TensorStore,
  config: GPT2Config,
): Promise<{ tensors: Map<string, Tensor[]>; warnings: ModelWarning[] }> {
  const tensors = new Map<string, Tensor[]>();
  try {
    const found = findWeights(store, config);
    for (const weight of found) {
      tensors.set(weight.name, await readWeight(store, weight));
    }
    return { tensors, warnings: config.tiedEmbeddings ? tie(tensors, found) : [] };
  } catch (error) {
    disposeAll([...tensors.values()].flat());
    throw error;
  }
}

/** Of tied matrices that are both there and equal, one is enough. */
function tie(tensors: Map<string, Tensor[]>, found: readonly FoundWeight[]): ModelWarning[] {
  const [[embedding], [unembedding]] = [tensors.get(EMBEDDING) ?? [], tensors.get(UNEMBEDDING) ?? []];
  if (embedding === undefined || unembedding === undefined) return [];
  if (!haveSameValues(embedding, unembedding)) {
    const stored = (name: string): FoundWeight | undefined => found.find((weight) => weight.name === name);
    const { file = "", name = "" } = stored(UNEMBEDDING)?.stored ?? {};
    return [unembeddingUntied(file, name, stored(EMBEDDING)?.stored.name ?? "")];
  }
  tensors.delete(UNEMBEDDING);
  unembedding.dispose();
  return [];
}

async function readWeight(store: TensorStore, weight: FoundWeight): Promise<Tensor[]> {
  const { shape, layout, stored } = weight;
  if (layout === "thirds") return readThirds(store, weight);
  const { data } = await store.read(stored.name);
  return [keptTensor(data as Float32Array, shape)]; // findWeights let only floats through
}

/** `[..., 3 * width]` in the file, three times `[..., width]` in memory. */
async function readThirds(store: TensorStore, weight: FoundWeight): Promise<Tensor[]> {
  const outer = weight.shape.slice(0, -1);
  const rows = outer[0] ?? 1;
  const width = (weight.shape.at(-1) ?? 0) / 3;
  const parts = [0, 1, 2].map(() => new Float32Array(rows * width));
  const cut = (chunk: Float32Array, first: number): void => {
    for (let at = 0, row = first; at < chunk.length; at += 3 * width, row++) {
      parts.forEach((part, i) => part.set(chunk.subarray(at + i * width, at + (i + 1) * width), row * width));
    }
  };
  // A vector's rows are its elements: it is short, and read at once.
  if (outer.length === 0) cut((await store.read(weight.stored.name)).data as Float32Array, 0);
  else await eachChunk(store, weight, cut);
  return parts.map((part) => keptTensor(part, [...outer, width]));
}

async function eachChunk(
  store: TensorStore,
  weight: FoundWeight,
  use: (chunk: Float32Array, firstRow: number) => void,
): Promise<void> {
  const [rows = 0, columns = 1] = weight.shape;
  const step = Math.max(1, Math.floor(CHUNK_ELEMENTS / columns));
  for (let row = 0; row < rows; row += step) {
    const { data } = await store.readRows(weight.stored.name, row, Math.min(step, rows - row));
    use(data as Float32Array, row); // findWeights let only floats through
  }
}
