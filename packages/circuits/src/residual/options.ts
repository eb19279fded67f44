import type { Transformer } from "@hookdict/models";
import { div, matMul, reshape, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong, stackShape } from "../errors.ts";
import {
  blockNorm,
  centred,
  finalNorm,
  mlpNorm,
  type NormPlace,
  scaleIn,
  wholeNorm,
} from "../stream/norms.ts";
import { atPositions, labelled, type Labelled, type Positions } from "../stream/stack.ts";
import { checkRun, checkStream, type StreamRun } from "../stream/stream-run.ts";
import { checkArgument, checkOptionNames } from "@hookdict/tensordict";

/** Options that every decomposition of the residual stream takes. */
export interface StackOptions {
  /** The layer whose input is taken apart: 0 to the number of layers, which is the default and means the head's input. */
  readonly layer?: number;
  /** Take apart what the layer's MLP reads, in place of what its attention reads. */
  readonly mlpInput?: boolean;
  /**
   * Send every component through the norm that reads the stream there. `"cached"` divides by the scale that the run had and
   * leaves gain and bias out, so that components still add up; `"recomputed"` is the whole norm of the component itself, as
   * the logit lens has it.
   */
  readonly norm?: "cached" | "recomputed";
  /** Only these positions; one alone leaves the axis out. */
  readonly positions?: Positions;
  /** Directions `[dModel]` or `[dModel, projection]` to give products with, in place of vectors. */
  readonly projectOnto?: Tensor;
}

/** Some components: their labels, and what makes them, `[component, batch, pos, dModel]` or with the product. */
export interface Group {
  readonly labels: readonly string[];
  readonly make: (read: Reading) => Tensor;
}

/** A stack's options with everything counted and looked up. */
export interface Reading extends StackOptions {
  readonly layer: number;
  readonly run: StreamRun;
  /** The norm that is applied, if one is asked for. */
  readonly normed: NormPlace | undefined;
  /** Vectors `[..., batch, pos, dModel]` at the chosen positions; `axis` is that of the positions. */
  readonly at: (x: Tensor, axis: number) => Tensor;
  /** What becomes of vectors at the chosen positions: normed and projected. */
  readonly finish: (x: Tensor) => Tensor;
}

/**
 * Looks up a run's options.
 *
 * @param others Names of the options that a function has besides those of every stack.
 * @throws UsageError `STREAM_NO_SUM`, `CIRCUIT_OPTION`, `ARGUMENT_INVALID`
 */
export function reading(
  what: string,
  run: StreamRun,
  options: StackOptions,
  others: readonly string[] = [],
): Reading {
  checkRun(what, run);
  checkOptionNames(what, options, [...STACK_OPTIONS, ...others]);
  checkPositions(what, options.positions);
  const { model } = run;
  checkStream(model);
  const count = model.blocks.length;
  const { layer: given = count, mlpInput = false, norm, positions, projectOnto } = options;
  const layer = Number.isInteger(given) && given < 0 ? given + count : given;
  const most = mlpInput ? count - 1 : count;
  if (!Number.isInteger(layer) || layer < 0 || layer > most)
    throw optionWrong(what, "layer", given, `a whole number from ${-count} to ${most}`);
  if (norm !== undefined && norm !== "cached" && norm !== "recomputed")
    throw optionWrong(what, "norm", norm, '"cached" or "recomputed"');
  const normed = norm === undefined ? undefined : normAt(model, layer, mlpInput);
  checkDirections(what, projectOnto, model.config.dModel);
  const at = (x: Tensor, axis: number): Tensor => atPositions(x, positions, axis);
  const scaled = (x: Tensor): Tensor => {
    if (normed === undefined) return x;
    if (norm === "recomputed") return wholeNorm(x, normed);
    return div(centred(x, normed), at(scaleIn(run, normed), 1));
  };
  return {
    ...options,
    layer,
    run,
    normed,
    at,
    finish: (x) => projected(scaled(x), projectOnto),
  };
}

const STACK_OPTIONS = ["layer", "mlpInput", "norm", "positions", "projectOnto"];

function checkPositions(what: string, positions: unknown): void {
  const isFit =
    positions === undefined || (Array.isArray(positions) ? positions : [positions]).every(Number.isInteger);
  if (!isFit) throw optionWrong(what, "positions", positions, "a whole number, or a list of these");
}

function checkDirections(what: string, given: Tensor | undefined, dModel: number): void {
  if (given === undefined) return;
  checkArgument(what, "projectOnto", given, "a tensor of numbers");
  if (given.rank === 0 || given.rank > 2 || given.shape[0] !== dModel)
    throw optionWrong(what, "projectOnto", given, `directions [${dModel}] or [${dModel}, projection]`);
}

/** The norm that reads the stream before a layer, its MLP, or the head. */
function normAt(model: Transformer, layer: number, mlpInput: boolean): NormPlace | undefined {
  if (layer === model.blocks.length) return finalNorm(model);
  return mlpInput ? mlpNorm(model, layer) : blockNorm(model, layer, "ln1");
}

/** Products with directions `[dModel]` or `[dModel, projection]`; the vectors themselves without. */
export function projected(x: Tensor, directions: Tensor | undefined): Tensor {
  if (directions === undefined) return x;
  const width = x.shape.at(-1) ?? 0;
  if (width !== directions.shape[0]) throw stackShape(x.shape, directions.shape[0] ?? 0);
  const rows = reshape(x, [-1, width]);
  const product = matMul(rows, reshape(directions, [width, -1]));
  return reshape(product, [...x.shape.slice(0, -1), ...directions.shape.slice(1)]);
}

/** Names of a stack's axes. */
export function stackAxes({ positions, projectOnto }: StackOptions): string[] {
  const position = typeof positions === "number" ? [] : ["pos"];
  const last = projectOnto === undefined ? ["dModel"] : projectOnto.rank === 2 ? ["projection"] : [];
  return ["component", "batch", ...position, ...last];
}

/** All groups, one behind the other. **Ownership:** *returns owned*. */
export function stackOf(
  read: Reading,
  groups: readonly Group[],
  join: (parts: Tensor[]) => Tensor,
): Labelled {
  const labels = { component: groups.flatMap((group) => group.labels) };
  return labelled(() => join(groups.map((group) => group.make(read))), { axes: stackAxes(read), labels });
}
