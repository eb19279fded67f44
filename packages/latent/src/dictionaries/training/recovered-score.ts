import { checkArgument } from "@hookdict/tensordict";
import { matMul, max, mean, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { rowsInvalid } from "../../rows/errors.ts";
import { needDictionary, type SparseDictionary } from "../dictionary.ts";
import { unitRows } from "./weights.ts";

/**
 * How well planted directions `[n, width]` are found: the mean over them of the largest cosine with a feature's decoder row.
 * **Ownership:** borrows.
 *
 * @example
 * const one = new SparseDictionary(
 *   { activation: "relu", dIn: 2, dSae: 1 },
 *   { wEnc: tensor2d([[1], [0]]), wDec: tensor2d([[2, 0]]), bEnc: tensor1d([0]), bDec: tensor1d([0, 0]) },
 * );
 * await recoveredScore(one, tensor2d([[3, 0]])); // => 1
 */
export async function recoveredScore(dictionary: SparseDictionary, planted: Tensor): Promise<number> {
  needDictionary("recoveredScore", dictionary);
  checkArgument("recoveredScore", "planted", planted, "a tensor of numbers");
  const { dOut } = dictionary.config;
  if (planted.rank !== 2 || planted.shape[1] !== dOut)
    throw rowsInvalid("recoveredScore", `planted directions of width ${dOut}`, planted);
  const score = tidy(() => {
    const cosines = matMul(unitRows(planted), unitRows(dictionary.weights.wDec as Tensor), false, true);
    return mean(max(cosines, 1));
  });
  const [value = 0] = await score.data();
  score.dispose();
  return value;
}
