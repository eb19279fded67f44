import {
  abs,
  div,
  mean,
  mul,
  notEqual,
  norm,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  tidy,
  stack,
  cast,
} from "@tensorflow/tfjs-core";
import { isTensor } from "@hookdict/tensordict";
import { needDictionary, type SparseDictionary } from "./dictionary.ts";
import { rowsDiffer, rowsInvalid, shapeDiffers } from "../rows/errors.ts";

/** How well, and with how few features, a dictionary reconstructs. */
export interface DictionaryMetrics {
  /** The mean over rows of the squared distance from the target. */
  readonly mse: number;
  /** How many features a row has, on average. */
  readonly l0: number;
  /** The mean over rows of the sum of features. */
  readonly l1: number;
  /** `1 - mse / (E|x|^2 - |E x|^2)` of the target. */
  readonly explainedVariance: number;
  /** The mean over rows of `1 - |x - out|^2 / |x - E x|^2`, which SAE Lens reported before version 6. */
  readonly explainedVarianceLegacy: number;
  /** The mean over rows of the cosine of target and reconstruction. */
  readonly cosine: number;
  /** The mean over rows of the reconstruction's length by the target's. */
  readonly l2Ratio: number;
  /** `E|out|^2 / E<x, out>`: 1 where nothing is shrunk. Rajamanoharan et al., arXiv 2404.16014, equation 9. */
  readonly relativeReconstructionBias: number;
  /** The part of rows that have each feature, `[dSae]`. */
  readonly density: Float32Array;
}

/**
 * Measures a dictionary on values `[..., dIn]`. **Ownership:** borrows all.
 *
 * @param target What a transcoder shall write, `[..., dOut]`. Default `x`.
 * @throws ShapeError `DICTIONARY_WIDTH`, `ROWS_INVALID`, `ROWS_DIFFER`, `SHAPE_DIFFERS`; LifetimeError `DICTIONARY_DISPOSED`
 * @example
 * const half = new SparseDictionary(
 *   { activation: "relu", dIn: 1, dSae: 2 },
 *   { wEnc: tensor2d([[1, -1]]), wDec: tensor2d([[1], [0]]), bEnc: tensor1d([0, 0]), bDec: tensor1d([0]) },
 * );
 * const { mse, l0, density } = await measureDictionary(half, tensor2d([[2], [-2]]));
 * [mse, l0, [...density]]; // => [2, 1, [0.5, 0.5]]
 */
export async function measureDictionary(
  dictionary: SparseDictionary,
  x: Tensor,
  target: Tensor = x,
): Promise<DictionaryMetrics> {
  needDictionary("measureDictionary", dictionary);
  const { dOut, dSae } = dictionary.config;
  if (isTensor(x) && x.size === 0) throw rowsInvalid("measureDictionary", "x", x);
  const { measures, density } = tidy(() => {
    const features = dictionary.encode(x);
    const out = reshape(dictionary.decode(features, x), [-1, dOut]);
    const rows = reshape(features, [-1, dSae]);
    const n = rows.shape[0] ?? 0;
    if (target.size !== n * dOut) {
      if (target.shape[0] !== x.shape[0])
        throw rowsDiffer("measureDictionary", x.shape[0] ?? 1, "target", target.shape[0] ?? 1);
      throw shapeDiffers("measureDictionary", "target", [...x.shape.slice(0, -1), dOut], target.shape);
    }
    const isThere = cast(notEqual(rows, 0), "float32");
    const all = {
      ...reconstructionMeasures(reshape(target, [n, dOut]), out),
      l0: mean(sum(isThere, 1)),
      l1: mean(sum(abs(rows), 1)),
    };
    return {
      measures: { names: Object.keys(all), values: stack(Object.values(all)) },
      density: mean(isThere, 0),
    };
  }) as unknown as {
    readonly measures: { readonly names: readonly string[]; readonly values: Tensor };
    readonly density: Tensor;
  }; // `tidy` goes through records
  try {
    const values = await measures.values.data();
    const named = Object.fromEntries(measures.names.map((name, at) => [name, values[at] ?? Number.NaN]));
    return {
      ...(named as Omit<Record<keyof DictionaryMetrics, number>, "density">),
      density: Float32Array.from(await density.data()),
    };
  } finally {
    measures.values.dispose();
    density.dispose();
  }
}

function reconstructionMeasures(target: Tensor, out: Tensor): Record<string, Tensor> {
  const squared = (value: Tensor): Tensor => sum(square(value), 1);
  const centre = mean(target, 0);
  const lost = squared(sub(target, out));
  const [targetLength, outLength] = [norm(target, "euclidean", 1), norm(out, "euclidean", 1)];
  const product = sum(mul(target, out), 1);
  return {
    mse: mean(lost),
    explainedVariance: sub(1, div(mean(lost), mean(squared(sub(target, centre))))),
    explainedVarianceLegacy: mean(sub(1, div(lost, squared(sub(target, centre))))),
    cosine: mean(div(product, mul(targetLength, outLength))),
    l2Ratio: mean(div(outLength, targetLength)),
    relativeReconstructionBias: div(mean(squared(out)), mean(product)),
  };
}
