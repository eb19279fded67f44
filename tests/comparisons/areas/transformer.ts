import {
  attentionContributions,
  AttentionFlow,
  AttentionRollout,
  type AttributionMethod,
  AttnLrp,
  clusterCircuits,
  featureContributions,
  GradientWeightedAttention,
  type HeadFusion,
  IntegratedGradients,
  InputXGradient,
  type IntegrationRule,
  type Target,
} from "@hookdict/attribution";
import type { Hookable } from "@hookdict/core";
import { loadModel, type Transformer } from "@hookdict/models";
import type { TensorDict } from "@hookdict/tensordict";
import {
  getBackend,
  mul,
  reshape,
  scalar,
  slice,
  squeeze,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { pathToFileURL } from "node:url";
import type { Area } from "../area.ts";
import { classesOf, modelOf } from "../methods/attribute.ts";
import { caseItems, type Compute, type Given } from "../methods/cases.ts";

const CHECKPOINT = new URL("../../../examples/ioi-patching/model/", import.meta.url);
const checkpoints = new Map<string, Transformer>();

/** The model of a case that is a checkpoint: `ioi-tiny`, or `families/...` of the reference. */
async function checkpoint(given: Given): Promise<Transformer> {
  const { model } = given.case;
  const folder = model.startsWith("families/")
    ? new URL(`models/${model}/`, pathToFileURL(`${given.folder}/`))
    : CHECKPOINT;
  const name = `${getBackend()} ${folder.href}`;
  const known = checkpoints.get(name) ?? (await loadModel<Transformer>(folder));
  checkpoints.set(name, known);
  return known;
}

/** Frees what the cases share. */
export function releaseCheckpoints(): void {
  for (const model of checkpoints.values()) model[Symbol.dispose]();
  checkpoints.clear();
}

/** The logit of each example's token at the last position. */
function lastLogit(tokens: readonly number[]): Target {
  return (logits: Tensor, rows) =>
    tidy(() => {
      const last = (logits.shape[1] ?? 1) - 1;
      const each = rows.map((row, i) =>
        reshape(slice(logits, [i, last, tokens[row % tokens.length] ?? 0], [1, 1, 1]), []),
      );
      return reshape(stack(each), [-1]);
    });
}

interface Setting {
  readonly model: Hookable;
  readonly x: Tensor;
  readonly target: Target;
  readonly patterns: string;
  readonly embedding: string;
  /** The residual stream at its beginning: embeddings with positions. */
  readonly residual: string;
}

async function settingOf(given: Given): Promise<Setting> {
  const tokens = given.has("target") ? classesOf(given) : [];
  return given.has("ids")
    ? {
        model: (await checkpoint(given)) as unknown as Hookable,
        x: given.input("ids"),
        target: lastLogit(tokens),
        patterns: "**.hook_pattern",
        embedding: "hook_embed",
        residual: "blocks.0.hook_resid_pre",
      }
    : {
        model: modelOf(given) as unknown as Hookable,
        x: given.input("x"),
        target: tokens,
        patterns: "**.pattern_hook",
        embedding: "hook_embed",
        residual: "hook_resid_pre",
      };
}

function attribute(
  { model, x, target }: Setting,
  method: AttributionMethod,
  keep: readonly string[] = [],
): TensorDict {
  using hooked = method.prepare(model);
  return hooked.attribute([x], { target, keep });
}

const take = (result: TensorDict, ...key: string[]): Tensor => result.get<Tensor>(key).clone();

const attnLrp = async (given: Given): Promise<Record<string, Tensor>> => {
  const setting = await settingOf(given);
  const isTokens = setting.x.dtype === "int32";
  const variant =
    given.case.method === "attn_lrp" && String(given.options["variant"]).startsWith("CP") ? "cp" : "attn";
  using result = attribute(setting, new AttnLrp({ variant, ...(isTokens && { at: setting.residual }) }));
  const relevance = take(result, "attr", isTokens ? setting.residual : "input");
  // The relevance starts from the logit, which a plain pass gives as well.
  using plain = new InputXGradient(isTokens ? { at: setting.residual } : {}).prepare(setting.model);
  const output = plain.call(setting.x) as Tensor;
  const rows = Array.from({ length: output.shape[0] ?? 0 }, (_, i) => i);
  const { target } = setting;
  const logit =
    typeof target === "function"
      ? target(output as never, rows)
      : tensor1d(
          (target as number[]).map((each, b) => output.dataSync()[b * (output.shape[1] ?? 1) + each] ?? 0),
        );
  output.dispose();
  return { relevance, token_relevance: sum(relevance, -1), logit };
};

const rollout: Compute = async (given) => {
  const setting = await settingOf(given);
  const method = new AttentionRollout({
    at: setting.patterns,
    headFusion: given.options["head_fusion"] as HeadFusion,
    residual: given.options["residual"] !== "none",
  });
  using result = attribute(setting, method);
  return { rollout: take(result, "attr", "rollout") };
};

const flow: Compute = async (given) => {
  const setting = await settingOf(given);
  using result = attribute(setting, new AttentionFlow({ at: setting.patterns }));
  return { flow: take(result, "attr", "flow") };
};

const weighted: Compute = async (given) => {
  const setting = await settingOf(given);
  const method = new GradientWeightedAttention({ at: setting.patterns });
  using result = attribute(setting, method, ["gradients", "products"]);
  const sites = result.get<TensorDict>("gradients").keys() as Iterable<string>;
  const names = [...sites];
  const all = (key: string): Tensor =>
    tidy(() =>
      stack(
        names.map((name) => result.get<Tensor>([key, name])),
        1,
      ),
    );
  return {
    pattern_gradient: all("gradients"),
    attention_x_gradient: all("products"),
    per_layer: take(result, "perLayer"),
    relevance: take(result, "attr", "relevance"),
  };
};

const embedded: Compute = async (given) => {
  const setting = await settingOf(given);
  const zero = scalar(0, "int32");
  const baseline = tidy(() => mul(setting.x, zero));
  const method = new IntegratedGradients({
    at: setting.embedding,
    baseline,
    steps: given.options["n_steps"] as number,
    rule: given.options["method"] as IntegrationRule,
    delta: true,
  });
  using result = attribute(setting, method);
  for (const each of [zero, baseline]) each.dispose();
  const attr = take(result, "attr", setting.embedding);
  return { attr, tokens: sum(attr, -1), delta: take(result, "delta") };
};

const contributions: Compute = async (given) => {
  const {
    layer,
    target_position: position,
    right_id: right,
    wrong_id: wrong,
  } = given.options as Record<string, number>;
  const model = await checkpoint(given);
  const at = `blocks.${layer}`;
  const sites = [`${at}.attn.hook_pattern`, `${at}.attn.hook_v`, `${at}.hook_attn_out`];
  const [first, second] = [lastLogit([right ?? 0]), lastLogit([wrong ?? 0])] as ((
    logits: Tensor,
    rows: readonly number[],
  ) => Tensor)[];
  const difference: Target = (logits: Tensor, rows) =>
    tidy(() => sub(first?.(logits, rows) as Tensor, second?.(logits, rows) as Tensor)); // two of them
  using hooked = new InputXGradient({ at: sites }).prepare(model);
  using result = hooked.attribute([given.input("ids")], {
    target: difference,
    keep: ["values", "gradients"],
  });
  const [pattern, values, out] = sites as [string, string, string];
  const gradients = result.get<Tensor>(["gradients", out]);
  const width = gradients.shape[2] ?? 1;
  const gradient = tidy(() => reshape(slice(gradients, [0, position ?? 0, 0], [1, 1, width]), [width]));
  const block = model.blocks[layer ?? 0];
  const scores = tidy(() =>
    attentionContributions({
      pattern: squeeze(result.get<Tensor>(["values", pattern]), [0]),
      values: squeeze(result.get<Tensor>(["values", values]), [0]),
      wO: block?.attn.o.weight as Tensor, // the case names a layer that there is
      gradient,
      position: position ?? 0,
    }),
  );
  return { scores, output_gradient: gradient };
};

const features: Compute = ({ input, options }) => {
  const gradients = input("gradients");
  const ofFirst = tidy(() => reshape(slice(gradients, 0, 1), [-1]));
  const logits = featureContributions(options["activation"] as number, ofFirst);
  ofFirst.dispose();
  return Promise.resolve({
    feature_scores: featureContributions(input("activations"), gradients),
    logit_scores: logits,
  });
};

const clustering: Compute = ({ input, options }) => {
  const rows = input("membership").arraySync() as number[][];
  const { min_frequency: minFrequency, eps, min_samples: minSamples } = options as Record<string, number>;
  const found = clusterCircuits(rows, {
    ...(minFrequency !== undefined && { minFrequency }),
    ...(eps !== undefined && { eps }),
    ...(minSamples !== undefined && { minSamples }),
  });
  return Promise.resolve({
    distance: tensor(found.distance as number[][]),
    filtered: tensor(found.filtered as number[][], undefined, "int32"),
    dbscan: tensor1d([...found.labels], "int32"),
  });
};

/** Attention and relevance of transformers. */
export const transformer: Area = {
  name: "transformer",
  at: "methods/cases.json",
  items: (folder) =>
    caseItems(folder, "transformer", {
      attn_lrp: attnLrp,
      attention_rollout: rollout,
      attention_flow: flow,
      gradient_weighted_attention: weighted,
      layer_integrated_gradients: embedded,
      attention_contributions: contributions,
      feature_contributions: features,
      circuit_clustering: clustering,
    }),
};
