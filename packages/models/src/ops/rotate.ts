import { add, concat, mul, neg, reshape, slice, stack, sub, type Tensor } from "@tensorflow/tfjs-core";
import { needShapes, needTensors, shown } from "./check.ts";
import { runCustomOp } from "./custom-op.ts";
import { opArgument } from "./errors.ts";
import { runFused } from "./fused.ts";

/** Which two numbers of a head turn together: `i` and `i + half`, or `2i` and `2i + 1`. */
export type RotaryPairs = "halves" | "adjacent";

/** Of every position the cosines and sines, one for each pair: `[pos, pairs]`, or `[batch, pos, pairs]` where rows differ. */
export interface RotaryAngles {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * Rotates the pairs of every head by its position's angles: `(a cos - b sin, b cos + a sin)`. Where there are fewer pairs
 * than half the head, what is behind them stays as it is (partial rotation). Angles get no gradient.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x float32 `[batch, pos, head, dHead]`.
 * @returns `[batch, pos, head, dHead]`.
 * @throws UsageError `OP_ARGUMENT`, ShapeError `OP_SHAPES`.
 * @see Su et al., https://arxiv.org/abs/2104.09864
 * @example
 * const x = tf.tensor4d([1, 2], [1, 1, 1, 2]);
 * const quarter = { cos: tf.tensor2d([[0]]), sin: tf.tensor2d([[1]]) };
 * rotate(x, quarter).dataSync(); // => [-2, 1]
 */
export function rotate(x: Tensor, angles: RotaryAngles, pairs: RotaryPairs = "halves"): Tensor {
  const { cos, sin } = checkedAngles(x, angles, pairs);
  return runCustomOp<{ x: Tensor }, Tensor>({
    inputs: { x },
    forward(save) {
      save([cos, sin]);
      const attributes = { adjacent: pairs === "adjacent" ? 1 : 0 };
      return runFused("HookdictRotate", { x, cos, sin }, attributes)?.[0] ?? composed(x, cos, sin, pairs);
    },
    gradients(dy, saved) {
      const [cos0, sin0] = saved as [Tensor, Tensor]; // as saved above
      return { x: () => rotate(dy, { cos: cos0, sin: neg(sin0) }, pairs) }; // the transposed rotation
    },
  });
}

function checkedAngles(x: Tensor, angles: RotaryAngles, pairs: string): RotaryAngles {
  if (typeof angles !== "object" || (angles as unknown) === null)
    throw opArgument("rotate", "angles", "{ cos, sin }", shown(angles));
  if (pairs !== "halves" && pairs !== "adjacent")
    throw opArgument("rotate", "pairs", '"halves" or "adjacent"', shown(pairs));
  const { cos, sin } = angles;
  needTensors("rotate", { x, cos, sin });
  const [batch, pos, , dHead = 0] = x.shape;
  const [half = 0, at, row = batch] = cos.shape.toReversed();
  const hasAngles = cos.rank === 2 || cos.rank === 3;
  const fits = x.rank === 4 && hasAngles && at === pos && row === batch && 2 * half <= dHead;
  const wanted =
    "x [batch, pos, head, dHead], cos and sin [pos, pairs] or [batch, pos, pairs], pairs at most dHead / 2";
  needShapes("rotate", { x, cos, sin }, wanted, fits && cos.shape.join() === sin.shape.join());
  return { cos, sin };
}

function composed(x: Tensor, cos: Tensor, sin: Tensor, pairs: RotaryPairs): Tensor {
  const [batch = 1, pos = 1, heads = 1, dHead = 1] = x.shape;
  const half = cos.shape.at(-1) ?? 0;
  const [c, s] = [cos, sin].map((each) => reshape(each, [...each.shape.slice(0, -1), 1, half])) as [
    Tensor,
    Tensor,
  ];
  const part = (of: Tensor, begin: number, size: number): Tensor =>
    slice(of, [0, 0, 0, begin], [batch, pos, heads, size]);
  const [a, b] =
    pairs === "halves" ? [part(x, 0, half), part(x, half, half)] : splitAdjacent(part(x, 0, 2 * half));
  const turned = [sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s))];
  const joined =
    pairs === "halves" ? concat(turned, -1) : reshape(stack(turned, -1), [batch, pos, heads, 2 * half]);
  return dHead === 2 * half ? joined : concat([joined, part(x, 2 * half, dHead - 2 * half)], -1);
}

/** `[..., 2n]` as its even and its odd columns, `[..., n]` each. */
function splitAdjacent(x: Tensor): [Tensor, Tensor] {
  const outer = x.shape.slice(0, -1);
  const half = (x.shape.at(-1) ?? 0) / 2;
  const pairs = reshape(x, [-1, half, 2]);
  const column = (i: number): Tensor =>
    reshape(slice(pairs, [0, 0, i], [pairs.shape[0] ?? 0, half, 1]), [...outer, half]);
  return [column(0), column(1)];
}
