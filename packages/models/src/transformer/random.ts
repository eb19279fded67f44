import type { Tensor } from "@tensorflow/tfjs-core";
import { NormalSource } from "../ops/normal.ts";
import type { Family } from "./family.ts";
import { Parameters } from "./parameters.ts";
import type { TensorSpec } from "./specs.ts";

/** Standard deviation of initial weights. */
const DEVIATION = 0.02;

/**
 * Random parameters, as GPT-2's were initialised: normal, smaller by the square root of how many matrices write to the
 * residual stream where one does; gains 1, biases 0. The same seed gives the same.
 *
 * **Ownership:** *returns owned* tensors by the name of their parameter.
 *
 * @see Radford et al., Language Models are Unsupervised Multitask Learners, section 2.3.
 */
export function randomParameters<C>(family: Family<C>, config: C, seed: number): Map<string, Tensor> {
  const source = new NormalSource(seed);
  // An unembedding that a file may lack is the embedding.
  const specs = family.tensors(config).filter((spec) => spec.isOptional !== true || !is(spec, UNEMBEDDING));
  const writers = specs.filter((spec) => is(spec, WRITER)).length;
  const parameters = new Parameters();
  for (const spec of specs) {
    const data = new Float32Array(spec.shape.reduce((product, size) => product * size, 1));
    if (is(spec, GAIN)) data.fill(1 - (spec.plus ?? 0));
    else if (!is(spec, BIAS)) source.fillArray(data, DEVIATION / (is(spec, WRITER) ? Math.sqrt(writers) : 1));
    parameters.put(spec, data);
  }
  return parameters.finish();
}

const UNEMBEDDING = /^unembed\.weight$/;
const WRITER = /(attn\.o|mlp\.(experts\.\d+\.)?out|mixer\.out_proj)\.weight$/;
const GAIN = /(^|[._])(ln\d?|ln\d_post|ln_final|norm)\.weight$/;
const BIAS = /\.bias$/;

function is({ targets }: TensorSpec, kind: RegExp): boolean {
  return targets.some(({ parameter }) => kind.test(parameter));
}
