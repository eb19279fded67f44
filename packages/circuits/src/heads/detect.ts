import { type Hookable, resolveTarget } from "@hookdict/core";
import { checkOptionNames, isTensor } from "@hookdict/tensordict";
import { checkTokens } from "../arguments.ts";
import {
  abs,
  div,
  mul,
  reshape,
  stack,
  sub,
  sum,
  type Tensor,
  tensor2d,
  type Tensor2D,
  tensor3d,
  tidy,
} from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import { Captures, withHooks } from "../runs/hooked-run.ts";
import { outputOf } from "../runs/base-run.ts";
import { labelled, type Labelled } from "../stream/stack.ts";
import { transformerOf } from "../stream/stream-run.ts";
import { detectionPattern } from "./detection-patterns.ts";

/** Options of {@link detectHeads}. */
export interface DetectHeadsOptions {
  /** The name of a known pattern, or a pattern `[dest, src]` of one's own. */
  readonly pattern: "previousToken" | "duplicateToken" | "induction" | readonly (readonly number[])[];
  /**
   * `"mul"`: the share of attention that falls on the pattern. `"abs"`: 1 minus the mean difference of a row. Default `"mul"`.
   */
  readonly measure?: "mul" | "abs";
  /** Leave the first token out. Default `false`. */
  readonly excludeBos?: boolean;
  /** Leave each token's attention to itself out. Default `false`. */
  readonly excludeCurrent?: boolean;
}

/**
 * How much each head attends as a kind of head does: TransformerLens's head detector.
 *
 * **Ownership:** *borrows* the tokens; *returns owned*: `values` `[batch, layer, head]`.
 *
 * @param tokens int32 `[batch, pos]`
 * @throws UsageError `CIRCUIT_MODEL`, `CIRCUIT_OPTION`; what the model throws.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const tokens = model.tokens("When Mary and John went to the store");
 * using found = detectHeads(model, tokens, { pattern: "previousToken" });
 * found.get("values").shape; // => [1, 4, 4]
 * tokens.dispose();
 */
export function detectHeads(model: Hookable, tokens: Tensor2D, options: DetectHeadsOptions): Labelled {
  const transformer = transformerOf(model, "detectHeads");
  checkTokens("detectHeads", "tokens", tokens);
  checkOptionNames("detectHeads", options, ["pattern", "measure", "excludeBos", "excludeCurrent"]);
  const { measure = "mul", excludeBos = false, excludeCurrent = false, pattern } = options;
  if (measure !== "mul" && measure !== "abs")
    throw optionWrong("detectHeads", "measure", measure, '"mul" or "abs"');
  const [batch, pos] = tokens.shape;
  const ids = tokens.arraySync();
  const wanted = ids.map((row) => patternOf(pattern, row, pos));
  const target = resolveTarget(model);
  using captures = new Captures();
  const paths = transformer.blocks.map((_, layer) => `blocks.${layer}.attn.hook_pattern`);
  const hooks = paths.map((path) => captures.at(path));
  tidy(() => void withHooks(target, hooks, () => outputOf(target, [tokens])));
  return labelled(
    () => {
      const detection = tensor3d(wanted, [batch, pos, pos]);
      const counted = countedPlaces(pos, excludeBos, excludeCurrent);
      const scores = paths.map((path) => scoreOf(captures.get(path), detection, counted, measure));
      return stack(scores, 1);
    },
    { axes: ["batch", "layer", "head"], labels: { layer: paths.map((_, layer) => `${layer}`) } },
  );
}

/** Of patterns `[batch, head, dest, src]`, `[batch, head]`. */
function scoreOf(pattern: Tensor, detection: Tensor, counted: Tensor, measure: "mul" | "abs"): Tensor {
  const [batch = 1, , pos = 1] = pattern.shape;
  const wanted = reshape(detection, [batch, 1, pos, pos]);
  if (measure === "mul") {
    const seen = mul(pattern, counted);
    return div(sum(mul(seen, wanted), [2, 3]), sum(seen, [2, 3]));
  }
  const difference = mul(abs(sub(pattern, wanted)), counted);
  return sub(1, div(sum(difference, [2, 3]), pos)); // the mean over places times the length
}

function countedPlaces(pos: number, excludeBos: boolean, excludeCurrent: boolean): Tensor {
  return tensor2d(
    Float32Array.from({ length: pos * pos }, (_, i) => {
      const [dest, src] = [Math.floor(i / pos), i % pos];
      return (excludeBos && src === 0) || (excludeCurrent && src === dest) ? 0 : 1;
    }),
    [pos, pos],
  );
}

function patternOf(given: unknown, ids: readonly number[], pos: number): number[][] {
  if (typeof given === "string") return detectionPattern(given, ids);
  const isSquare =
    Array.isArray(given) &&
    given.length === pos &&
    given.every((row) => Array.isArray(row) && row.length === pos && row.every((x) => typeof x === "number"));
  if (!isSquare || isTensor(given))
    throw optionWrong("detectHeads", "pattern", given, `a pattern's name, or ${pos} rows of ${pos} numbers`);
  return given as number[][]; // was looked at
}
