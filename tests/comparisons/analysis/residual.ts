import {
  accumulatedResidual,
  decomposedResidual,
  fullDecomposition,
  headResults,
  type Labelled,
  logitAttributions,
  logitLens,
  neuronResults,
  type StackOptions,
  type StreamRun,
} from "@hookdict/circuits";
import { accumulatedBias } from "@hookdict/weights";
import { reshape, slice, tidy, transpose } from "@tensorflow/tfjs-core";
import type { Answer, Found, Params } from "./setting.ts";

/** Options that most keys spell. At the last layer TransformerLens computes the norm of `accumulated_resid` anew. */
function stack(
  { layer, ln, pos, mlp_input: mlpInput }: Params,
  atEnd: "cached" | "recomputed",
): StackOptions {
  const isEnd = layer === undefined || layer === "None";
  return {
    ...(!isEnd && { layer: Number(layer) }),
    ...(ln === "True" && { norm: isEnd ? atEnd : ("cached" as const) }),
    ...(pos !== undefined && { positions: positionsOf(pos) }),
    ...(mlpInput === "True" && { mlpInput: true }),
  };
}

/** `-1`, `0,3` or `2:5`. */
function positionsOf(text: string): number | readonly number[] {
  if (text.includes(":")) return rangeOf(text);
  return text.includes(",") ? text.split(",").map(Number) : Number(text);
}

/** The numbers of `3:11`. */
function rangeOf(text: string): readonly number[] {
  const [begin = 0, end = 0] = text.split(":").map(Number);
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}

/** Values and labels of a result, which ends here. */
function taken(result: Labelled): Found {
  const labels = result.get("labels")["component"];
  const values = result.get("values").clone();
  result.dispose();
  return { values, labels };
}

const neurons = (range: string | undefined): { readonly neurons?: readonly number[] } =>
  range === undefined ? {} : { neurons: rangeOf(range) };

const MODES = { all: "all", attn: "attention", mlp: "mlp" } as const;

/** What logits are attributed to, by what a key calls it. */
const ATTRIBUTED: Readonly<Record<string, (run: StreamRun) => Labelled>> = {
  heads: (run) => headResults(run, { includeRemainder: true }),
  components: (run) => decomposedResidual(run),
  neurons: (run) => neuronResults(run),
  full: (run) => fullDecomposition(run),
};

const attributions: Answer = ({ run, right, wrong }, { rest = "" }) => {
  const [, name = "", single] = /^([a-z]+?)(_single)?$/.exec(rest) ?? [];
  // As TransformerLens has it: layer norms are not folded, and the gain does not count.
  const how = { tokens: right, position: -1, includeGain: false };
  const make = ATTRIBUTED[name];
  if (make === undefined) return undefined;
  using parts = make(run);
  return taken(logitAttributions(run, parts, single === undefined ? { ...how, wrong } : how));
};

/** The residual stream and what it is made of. */
export const residual: Readonly<Record<string, Answer>> = {
  accumulated_resid: ({ run }, params) =>
    taken(accumulatedResidual(run, { ...stack(params, "recomputed"), includeMid: params["mid"] === "True" })),
  decompose_resid: ({ run }, params) =>
    taken(
      decomposedResidual(run, {
        ...stack(params, "cached"),
        mode: MODES[(params["mode"] ?? "all") as keyof typeof MODES],
        includeEmbeddings: params["no_embeds"] !== "True",
      }),
    ),
  stack_head_results: ({ run }, params) =>
    taken(headResults(run, { ...stack(params, "cached"), includeRemainder: params["remainder"] === "True" })),
  stack_neuron_results: ({ run }, params) =>
    taken(neuronResults(run, { ...stack(params, "cached"), ...neurons(params["neurons"]) })),
  full_resid_decomposition: ({ run }, params) =>
    taken(
      fullDecomposition(run, {
        ...stack(params, "cached"),
        expandNeurons: params["expand_neurons"] === "True",
      }),
    ),
  accumulated_bias: ({ model }, { layer }) => ({
    values: tidy(() => slice(accumulatedBias(model.b_O, model.b_out), [Number(layer), 0], [1, -1])),
  }),
  logit_attrs: attributions,
  logit_lens: ({ run, model }, { rest = "" }) => {
    const where = rest.endsWith("last") ? { positions: -1 } : {};
    const includeMid = model.config.blocks.every(({ order }) => order !== "parallel"); // others have no such stream
    using lens = logitLens(run, { includeMid, keepLogits: true, chunk: 16, ...where });
    return { values: lens.get("logits").clone() };
  },
  hook_result: ({ run, model }, _, [layers = 0, pos = 0, heads = 0]) => {
    using all = headResults(run);
    const { dModel } = model.config;
    return {
      values: tidy(() => transpose(reshape(all.get("values"), [layers, heads, pos, dModel]), [0, 2, 1, 3])),
    };
  },
};
