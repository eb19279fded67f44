import { argumentInvalid, checkArgument, isTensor } from "@hookdict/tensordict";
import { optionInvalid } from "@hookdict/contexts";
import { norm, type Tensor, tidy, mean, reshape, stack } from "@tensorflow/tfjs-core";
import { columnsDiffer } from "../rows/errors.ts";

/** Factors that a dose-response curve is measured at unless others are asked for. */
export const DOSE_LEVELS: readonly number[] = Object.freeze([0.5, 1, 2, 3, 4, 6]);

/** What becomes of a measure as an intervention grows, as plain data. */
export interface DoseResponse {
  /** Rising. */
  readonly levels: readonly number[];
  readonly responses: readonly number[];
}

/**
 * Measures a response at each level, one after the other.
 *
 * @param respond The measure at one level.
 * @param levels Rising numbers. Default {@link DOSE_LEVELS}.
 * @throws UsageError `OPTION_INVALID`; what `respond` throws
 * @example
 * await doseResponse((level) => level ** 2, [1, 2]); // => { levels: [1, 2], responses: [1, 4] }
 */
export async function doseResponse(
  respond: (level: number) => number | Promise<number>,
  levels: readonly number[] = DOSE_LEVELS,
): Promise<DoseResponse> {
  checkArgument("doseResponse", "respond", respond, "a function");
  checkArgument("doseResponse", "levels", levels, "a list of finite numbers");
  const isRising =
    levels.length > 0 &&
    levels.every((level, at) => Number.isFinite(level) && (at === 0 || level > (levels[at - 1] ?? level)));
  if (!isRising)
    throw optionInvalid(
      "doseResponse",
      "levels",
      levels,
      "a list of finite numbers, each above the one before",
    );
  const responses: number[] = [];
  for (const level of levels) responses.push(await respond(level));
  return { levels: [...levels], responses };
}

/**
 * The response at a level between those measured, on a straight line; `undefined` outside of them: a curve says nothing there.
 *
 * @example
 * responseAt({ levels: [1, 3], responses: [0, 10] }, 2); // => 5
 */
export function responseAt(found: DoseResponse, level: number): number | undefined {
  const { levels, responses } = checkDose("responseAt", found);
  return interpolated(levels, responses, level);
}

/**
 * The least level at which the response is reached, on straight lines between those measured; `undefined` where it never is.
 *
 * @example
 * levelFor({ levels: [1, 3], responses: [0, 10] }, 5); // => 2
 */
export function levelFor(found: DoseResponse, response: number): number | undefined {
  const { levels, responses } = checkDose("levelFor", found);
  for (let at = 0; at < levels.length; at++) {
    const [from, to] = [responses[Math.max(0, at - 1)] ?? 0, responses[at] ?? 0];
    const [left, right] = [levels[Math.max(0, at - 1)] ?? 0, levels[at] ?? 0];
    const isBetween = Math.min(from, to) <= response && response <= Math.max(from, to);
    if (isBetween) return from === to ? left : left + ((right - left) * (response - from)) / (to - from);
  }
  return undefined;
}

function interpolated(xs: readonly number[], ys: readonly number[], x: number): number | undefined {
  const at = xs.findIndex((one) => one >= x);
  if (at < 0 || x < (xs[0] ?? x)) return undefined;
  const [right = x, y = 0] = [xs[at], ys[at]];
  if (right === x) return y;
  const [left = x, before = 0] = [xs[at - 1], ys[at - 1]];
  return before + ((y - before) * (x - left)) / (right - left);
}

/**
 * By which factor a direction `[width]` is as long as values `[..., width]` are on average: a factor of steering that many times `ratio`
 * adds a part of that size. **Ownership:** borrows.
 *
 * @param ratio The part of the values' length that is wanted. Default 1.
 * @throws ShapeError `COLUMNS_DIFFER`; UsageError `OPTION_INVALID` for a direction of length 0
 * @example
 * await steeringFactor(tensor2d([[3, 4], [0, 5]]), tensor1d([2, 0])); // => 2.5
 */
export async function steeringFactor(values: Tensor, direction: Tensor, ratio = 1): Promise<number> {
  if (!isTensor(values) || values.isDisposed || values.dtype !== "float32" || values.size === 0)
    throw argumentInvalid("steeringFactor", "values", values, "a float32 tensor that is not empty");
  checkArgument("steeringFactor", "direction", direction, "a tensor of numbers");
  const width = values.shape.at(-1) ?? 1;
  if (direction.size !== width) throw columnsDiffer("steeringFactor", width, direction.size);
  const both = tidy(() =>
    stack([mean(norm(reshape(values, [-1, width]), "euclidean", 1)), norm(reshape(direction, [width]))]),
  );
  const [size = 0, length = 0] = await both.data();
  both.dispose();
  if (length === 0) throw optionInvalid("steeringFactor", "direction", 0, "a direction that is not zero");
  return (ratio * size) / length;
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give */
function checkDose(owner: string, found: DoseResponse): DoseResponse {
  checkArgument(owner, "found", found, "a record");
  checkArgument(owner, "found.levels", found.levels, "a list of finite numbers");
  checkArgument(owner, "found.responses", found.responses, "a list");
  const { levels, responses } = found;
  if (responses.length !== levels.length || !responses.every((one) => typeof one === "number"))
    throw argumentInvalid(
      owner,
      "found.responses",
      responses,
      `a list of ${levels.length} numbers, one for each level`,
    );
  return found;
}
