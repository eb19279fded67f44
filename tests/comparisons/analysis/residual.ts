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
    ...(pos !== undefined && { positions: Number(pos) }),
    ...(mlpInput === "True" && { mlpInput: true }),
  };
}

/** Values and labels of a result, which ends here. */
function taken(result: Labelled): Found {
  const labels = result.get("labels")["component"];
  const values = result.get("values").clone();
  result.dispose();
  return { values, labels };
}

function neurons(range: string | undefined): { readonly neurons?: readonly number[] } {
  if (range === undefined) return {};
  const [begin = 0, end = 0] = range.split(":").map(Number);
  return { neurons: Array.from({ length: end - begin }, (_, i) => begin + i) };
}

const MODES = { all: "all", attn: "attention", mlp: "mlp" } as const;

const attributions: Answer = ({ run, right, wrong }, params) => {
  // As TransformerLens has it: layer norms are not folded, and the gain does not count.
  const how = { tokens: right, position: -1, includeGain: false };
  using parts =
    params["heads"] === "True" ? headResults(run, { includeRemainder: true }) : decomposedResidual(run);
  return taken(
    logitAttributions(run, parts, params["components_single"] === "True" ? how : { ...how, wrong }),
  );
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
  full_resid_decomposition: ({ run }, params) => taken(fullDecomposition(run, stack(params, "cached"))),
  accumulated_bias: ({ model }, { layer }) => ({
    values: tidy(() => slice(accumulatedBias(model.b_O, model.b_out), [Number(layer), 0], [1, -1])),
  }),
  logit_attrs: attributions,
  logit_lens: ({ run }) => {
    using lens = logitLens(run, { includeMid: true, positions: -1, keepLogits: true, chunk: 16 });
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
