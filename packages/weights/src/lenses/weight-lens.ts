import { checkArgument, isTensor } from "@hookdict/tensordict";
import { matMul, reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { lensInvalid } from "../errors.ts";
import { type Outlier, outliers } from "./outliers.ts";

/** What {@link weightLens} looks at. *Borrowed.* */
export interface WeightLensOptions {
  /** What the feature reads, `[dModel]`. */
  readonly encoder: Tensor;
  /** What it writes, `[dModel]`. */
  readonly decoder: Tensor;
  /** `[dVocab, dModel]` */
  readonly embedding: Tensor;
  /** `[dModel, dVocab]` */
  readonly unembedding: Tensor;
  /** What the features of earlier layers write, `[feature, dModel]` each. Default none. */
  readonly earlierDecoders?: readonly Tensor[];
  /** Default 5.5. */
  readonly tokenThreshold?: number;
  /** Default 4. */
  readonly featureThreshold?: number;
  /** Default 1000. */
  readonly tokenPool?: number;
  /** Default 100. */
  readonly featurePool?: number;
  readonly most?: number;
}

/** Which tokens and features a feature's weights single out. */
export interface WeightLensResult {
  /** Tokens whose embedding the feature reads, and those that speak against it. */
  readonly embeddingPositive: readonly Outlier[];
  readonly embeddingNegative: readonly Outlier[];
  /** Tokens whose logit it raises, and lowers. */
  readonly outputPositive: readonly Outlier[];
  readonly outputNegative: readonly Outlier[];
  /** Features of earlier layers that it reads, the strongest first. */
  readonly earlierFeatures: readonly (Outlier & { readonly layer: number })[];
}

/**
 * What a feature of a sparse dictionary or transcoder means by its weights alone: outliers among the products of what it
 * reads with embeddings and with what earlier features write, and of what it writes with the unembedding.
 *
 * @throws UsageError `LENS_INVALID`
 * @example
 * const one = tensor2d([[1, 0], [0, 1]]);
 * const feature = { encoder: tensor1d([9, 0]), decoder: tensor1d([0, 9]), embedding: one, unembedding: one };
 * const found = await weightLens({ ...feature, tokenThreshold: 0.5 });
 * [found.embeddingPositive[0]?.index, found.outputPositive[0]?.index]; // => [0, 1]
 */
export async function weightLens(options: WeightLensOptions): Promise<WeightLensResult> {
  checkArgument("weightLens", "options", options, "a record");
  const { encoder, decoder, embedding, unembedding, earlierDecoders = [] } = options;
  checkArgument("weightLens", "earlierDecoders", earlierDecoders, "a list of tensors");
  const { tokenThreshold = 5.5, featureThreshold = 4, tokenPool = 1000, featurePool = 100, most } = options;
  const tokens = { threshold: tokenThreshold, pool: tokenPool, most };
  const both = async (scores: () => Tensor): Promise<readonly [readonly Outlier[], readonly Outlier[]]> =>
    reading(scores, async (each) => [
      await outliers(each, { ...tokens, side: "positive" }),
      await outliers(each, { ...tokens, side: "negative" }),
    ]);
  const [embeddingPositive, embeddingNegative] = await both(() => products(embedding, encoder, "embedding"));
  const [outputPositive, outputNegative] = await both(() =>
    products(unembedding, decoder, "unembedding", true),
  );
  const earlier: (Outlier & { readonly layer: number })[] = [];
  for (const [layer, dictionary] of earlierDecoders.entries()) {
    const found = await reading(
      () => products(dictionary, encoder, "earlier decoder"),
      (scores) => outliers(scores, { threshold: featureThreshold, pool: featurePool, most }),
    );
    earlier.push(...found.map((each) => ({ ...each, layer })));
  }
  const earlierFeatures = earlier.sort((a, b) => b.score - a.score || a.layer - b.layer || a.index - b.index);
  return { embeddingPositive, embeddingNegative, outputPositive, outputNegative, earlierFeatures };
}

/** Each row, or column, times the vector. **Ownership:** *returns owned*. @throws UsageError `LENS_INVALID` */
function products(matrix: Tensor, vector: Tensor, name: string, isTransposed = false): Tensor {
  const width = isTensor(matrix) ? matrix.shape[isTransposed ? 0 : 1] : undefined;
  if (!isTensor(matrix) || !isTensor(vector) || matrix.rank !== 2 || vector.shape.join() !== String(width))
    throw lensInvalid(
      `${describe(vector)} with the ${name} ${describe(matrix)}`,
      "a vector [dModel], and matrices with dModel as their rows' length, or as the unembedding's columns'",
    );
  return tidy(() => reshape(matMul(matrix as never, reshape(vector, [-1, 1]), isTransposed), [-1])); // rank 2, checked
}

function describe(value: unknown): string {
  return isTensor(value) ? `[${value.shape.join(", ")}]` : typeof value;
}

async function reading<T>(make: () => Tensor, read: (scores: Tensor) => Promise<T>): Promise<T> {
  const scores = make();
  try {
    return await read(scores);
  } finally {
    scores.dispose();
  }
}
