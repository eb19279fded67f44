import { gradientPass } from "../gradient/gradient-pass.ts";
import { NEURON, type NeuronOptions } from "../gradient/neuron.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { AT, methodOptions } from "../options.ts";

/** Options of {@link NeuronGradient}. */
export interface NeuronGradientOptions extends AttributionOptions, NeuronOptions {}

const OPTIONS = { at: AT, ...NEURON };

/**
 * The gradient of one neuron: how much it changes with each entry of the input. Whatever the target is, the neuron takes its
 * place; any other method explains a neuron where it is the target, `{ site, index }`.
 *
 * @see Erhan et al., Visualizing higher-layer features of a deep network, 2009
 * @example
 * const model = hookFunction((x: Tensor) => square(site("inner", mul(x, -3))), { sites: { inner: null } });
 * const x = tensor1d([2]);
 * using hooked = new NeuronGradient({ site: "inner", index: [] }).prepare(model);
 * using result = hooked.attribute([x]);
 * (result.get(["attr", "input"]) as Tensor).dataSync()[0]; // => -3
 */
export class NeuronGradient extends AttributionMethod {
  readonly #neuron: NeuronOptions;

  constructor(options: NeuronGradientOptions) {
    const read = methodOptions("NeuronGradient", OPTIONS, options);
    super(read);
    this.#neuron = read.values;
  }

  override compute(job: Job): Computation {
    const { site, index } = this.#neuron;
    return gradientPass(job, (gradient) => gradient, { score: job.scoreFor({ site, index }) });
  }
}
