import { checkOptionNames } from "@hookdict/tensordict";
import {
  add,
  greater,
  matMul,
  mean,
  mul,
  relu,
  reshape,
  scalar,
  square,
  sub,
  sum,
  tanh,
  type Tensor,
  tidy,
  cast,
} from "@tensorflow/tfjs-core";
import { optionInvalid } from "@hookdict/contexts";
import { refClone } from "@hookdict/tensordict/tensors";
import { needDictionary, type SparseDictionary } from "./dictionary.ts";

/** Options of {@link dictionaryLosses}. */
export interface DictionaryLossOptions {
  /** Weight of what keeps features few. Default 1. */
  readonly coefficient?: number;
  /**
   * What keeps features few. `"l1"`: their sum, each times the length of what it writes. `"step"`: how many there are.
   * `"tanh"`: the sum of `tanh(4 f |w|)`. Default `"step"` for jump-ReLU, otherwise `"l1"`; nothing for top-k.
   */
  readonly sparsity?: "l1" | "step" | "tanh" | "none";
  /** What a transcoder shall write. Default `x`. *Borrowed*. */
  readonly target?: Tensor;
}

/** Losses of a dictionary: scalars. **Ownership:** the receiver's. */
export interface DictionaryLosses {
  /** The mean over rows of the squared distance from the target. */
  readonly mse: Tensor;
  /** What keeps features few, with its coefficient. */
  readonly sparsity: Tensor;
  /** Gated dictionaries: the squared distance of what the gate's own preactivations write. */
  readonly auxiliary?: Tensor;
}

/**
 * The losses that dictionaries are trained by, means over the rows of values `[..., dIn]`; with gradients, but none to what counts features
 * (`"step"`). **Ownership:** borrows all, returns owned.
 *
 * Gated: the sparsity is that of the gate, and an auxiliary loss trains it (arXiv 2404.16014, equation 8).
 *
 * @throws ShapeError `DICTIONARY_WIDTH`; UsageError `OPTION_INVALID`; LifetimeError `DICTIONARY_DISPOSED`
 * @example
 * const one = new SparseDictionary(
 *   { activation: "relu", dIn: 1, dSae: 1 },
 *   { wEnc: tensor2d([[1]]), wDec: tensor2d([[2]]), bEnc: tensor1d([0]), bDec: tensor1d([0]) },
 * );
 * const { mse, sparsity } = dictionaryLosses(one, tensor2d([[3]]), { coefficient: 0.5 });
 * [mse.dataSync()[0], sparsity.dataSync()[0]]; // => [9, 3]
 */
export function dictionaryLosses(
  dictionary: SparseDictionary,
  x: Tensor,
  options: DictionaryLossOptions = {},
): DictionaryLosses {
  needDictionary("dictionaryLosses", dictionary);
  const { dOut, dSae, activation } = dictionary.config;
  checkOptionNames("dictionaryLosses", options, ["coefficient", "sparsity", "target"]);
  const { coefficient = 1, sparsity = usualSparsity(activation), target = x } = options;
  if (!["l1", "step", "tanh", "none"].includes(sparsity))
    throw optionInvalid("dictionaryLosses", "sparsity", sparsity, '"l1", "step", "tanh" or "none"');
  return tidy(() => {
    const preactivations = dictionary.preactivations(x);
    const features = dictionary.activate(preactivations);
    const wanted = reshape(target, [-1, dOut]);
    const distance = (written: Tensor): Tensor =>
      mean(sum(square(sub(wanted, reshape(written, [-1, dOut]))), 1));
    const isGated = activation === "gated";
    const rows = reshape(isGated ? relu(preactivations) : features, [-1, dSae]);
    const losses = {
      mse: distance(dictionary.decode(features, x)),
      sparsity: mul(sparsityOf(sparsity, rows, dictionary.decoderNorms), coefficient),
    };
    if (!isGated) return losses;
    const { wDec, bDec } = dictionary.weights as Readonly<Record<"wDec" | "bDec", Tensor>>; // every dictionary has these
    return { ...losses, auxiliary: distance(add(matMul(rows, wDec), bDec)) };
  }); // `tidy` goes through records
}

function usualSparsity(activation: string): "l1" | "step" | "none" {
  if (activation === "jumpRelu") return "step";
  return activation === "topK" || activation === "batchTopK" ? "none" : "l1";
}

function sparsityOf(kind: string, features: Tensor, norms: Tensor): Tensor {
  if (kind === "l1") return mean(sum(mul(features, norms), 1));
  if (kind === "tanh") return mean(sum(tanh(mul(mul(features, norms), 4)), 1));
  if (kind === "none") return scalar(0);
  return mean(sum(cast(greater(refClone(features), 0), "float32"), 1));
}
