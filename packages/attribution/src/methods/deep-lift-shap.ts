import { BASELINES, FLAG, UNKNOWN, methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import {
  expandDims,
  gather,
  mean,
  mul,
  reshape,
  sub,
  sum,
  tensor1d,
  tidy,
  transpose,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import { deepLiftRules } from "../gradient/deep-lift-rules.ts";
import { mapPlaces, repeatedRows } from "../gradient/line.ts";
import { multiply } from "../gradient/multipliers.ts";
import type { Job } from "../job.ts";
import { type AttributionContext, AttributionMethod, type Computation } from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { hookRules } from "../relevance/hook-rules.ts";
import type { LazyRows } from "../passes/rows.ts";
import { byCopy } from "../rows.ts";

/** Options of {@link DeepLiftShap}. */
export interface DeepLiftShapOptions extends UnknownPlaces {
  /** Baselines to average over, `[baselines, ...]`, for a model of one input. */
  readonly baselines: Tensor;
  /** Add `delta` `[batch, baselines]`. Default `false`. */
  readonly delta?: boolean;
}

const OPTIONS = { baselines: BASELINES, delta: FLAG, unknown: UNKNOWN };

/**
 * The mean of DeepLIFT over a distribution of baselines: approximate Shapley values.
 *
 * @see Lundberg and Lee, https://arxiv.org/abs/1705.07874
 */
export class DeepLiftShap extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: DeepLiftShapOptions) {
    const read = methodOptions("DeepLiftShap", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    const { unknown } = this.#options;
    hookRules(context, chooseRules(context, { composite: deepLiftRules(), unknown }));
  }

  override *compute(job: Job): Computation {
    const { baselines, delta } = this.#options;
    const [x] = job.args.tensors as [Tensor]; // there is at least one
    if (
      job.args.tensors.length > 1 ||
      baselines.rank !== x.rank ||
      baselines.shape.slice(1).join() !== x.shape.slice(1).join()
    )
      throw samplesShape("baselines", baselines.shape, `[baselines, ${x.shape.slice(1).join(", ")}]`);
    const count = baselines.shape[0] ?? 0;
    const pairs = { examples: repeatedRows(x, count), baselines: eachRepeated(baselines, job.batch) };
    const { by, change } = yield* multiply(job, [pairs], count * job.batch);
    const away = sub(expandDims(x, 0), expandDims(baselines, 1)); // [baselines, batch, ...]
    const attr = mapPlaces(by, (slope) => mul(byCopy(slope, count), away));
    const difference = transpose(
      sub(
        sum(reshape(attr[job.places[0] ?? ""] as Tensor, [count, job.batch, -1]), 2),
        byCopy(change, count),
      ),
    );
    return {
      attr: mapPlaces(attr, (value) => mean(value, 0)),
      ...(delta && { extra: { delta: difference } }),
    };
  }
}

/** Every row so many times, `[rows * times, ...]`, made as it runs. **Ownership:** *borrows*. */
function eachRepeated(rows: Tensor, times: number): LazyRows {
  return {
    dtype: rows.dtype,
    take: (start, count) => {
      const from = Array.from({ length: count }, (_, i) => Math.floor((start + i) / times));
      return tidy(() => gather(rows, tensor1d(from, "int32")));
    },
  };
}
