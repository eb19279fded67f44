import {
  dictionaryLosses,
  DictionarySplicing,
  foldDecoderNorms,
  loadDictionary,
  measureDictionary,
  measureSplicing,
  nextBatchThreshold,
  SparseDictionary,
} from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import {
  clone,
  getBackend,
  norm,
  scalar,
  sum,
  notEqual,
  type Tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Area } from "../area.ts";
import { caseItems, type Compute, type Given } from "../methods/cases.ts";

const CHECKPOINT = fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));
const models = new Map<string, GPT2>();

async function ioiTiny(): Promise<GPT2> {
  const known = models.get(getBackend()) ?? (await GPT2.fromPretrained(CHECKPOINT));
  models.set(getBackend(), known);
  return known;
}

/** Frees the model that the cases share. */
export function releaseModels(): void {
  for (const model of models.values()) model[Symbol.dispose]();
  models.clear();
}

const dictionaryOf = ({ folder, options }: Given): Promise<SparseDictionary> =>
  loadDictionary(join(folder, "methods", options["folder"] as string));

const forward: Compute = async (given) => {
  using dictionary = await dictionaryOf(given);
  const x = given.input("x");
  const target = given.has("target") ? given.input("target") : x;
  const features = dictionary.encode(x);
  const { density, ...measures } = await measureDictionary(dictionary, x, target);
  const scalars = {
    ...measures,
    explained_variance: measures.explainedVariance,
    explained_variance_legacy: measures.explainedVarianceLegacy,
    l2_ratio: measures.l2Ratio,
    relative_reconstruction_bias: measures.relativeReconstructionBias,
  };
  return {
    features,
    output: dictionary.decode(features, x),
    density: tensor1d(density),
    ...(given.case.expected["threshold_after"] !== undefined && {
      threshold_after: scalar(
        await nextBatchThreshold(dictionary.config.batchThreshold ?? Number.NaN, features),
      ),
    }),
    kept: tidy(() => sum(notEqual(features, 0))),
    ...Object.fromEntries(Object.entries(scalars).map(([role, value]) => [role, scalar(value)])),
  };
};

const fold: Compute = async (given) => {
  using dictionary = await dictionaryOf(given);
  using folded = foldDecoderNorms(dictionary);
  const { bEnc, bGate, bMag, threshold, wEnc, wDec } = folded.weights;
  const weights = { b_enc: bEnc, b_gate: bGate, b_mag: bMag, threshold };
  return {
    features: folded.encode(given.input("x")),
    W_dec_row_norms: norm(wDec as Tensor, "euclidean", 1),
    W_enc_column_norms: norm(wEnc as Tensor, "euclidean", 0),
    ...Object.fromEntries(
      Object.entries(weights).flatMap(([role, weight]) => (weight ? [[role, clone(weight)]] : [])),
    ),
  };
};

const losses: Compute = async (given) => {
  using dictionary = await dictionaryOf(given);
  using trained = given.has("threshold")
    ? new SparseDictionary(
        { ...dictionary.config, activation: "jumpRelu" },
        { ...cloned(dictionary), threshold: clone(given.input("threshold")) },
      )
    : new SparseDictionary(dictionary.config, cloned(dictionary));
  const coefficient = given.options["coefficient"] as number;
  const kind = given.case.name.endsWith("tanh") ? { sparsity: "tanh" as const } : {};
  const { mse, sparsity, auxiliary } = dictionaryLosses(trained, given.input("x"), { coefficient, ...kind });
  const role = "l0_loss" in given.case.expected ? "l0_loss" : "l1_loss";
  return {
    mse_loss: mse,
    [role]: sparsity,
    ...(auxiliary && { auxiliary_reconstruction_loss: auxiliary }),
  };
};

function cloned({ weights }: SparseDictionary): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, clone(weight)]));
}

const splice: Compute = async (given) => {
  using dictionary = await dictionaryOf(given);
  const model = await ioiTiny();
  const tokens = given.input("tokens");
  const {
    site,
    input_site: at = site,
    output_site: output,
  } = given.options as Record<string, string | undefined>;
  const place = { ...(at !== undefined && { at }), ...(output !== undefined && { output }) };
  const run = (errorTerm: "kept" | "none"): Tensor => {
    using hooked = new DictionarySplicing({ dictionary, errorTerm, ...place }).prepare(model);
    return hooked.call(tokens);
  };
  const found = await measureSplicing(model, dictionary, tokens, place);
  return {
    logits: run("none"),
    logits_with_error: run("kept"),
    ce_without_sae: scalar(found.lossBefore),
    ce_with_sae: scalar(found.lossSpliced),
    ce_with_ablation: scalar(found.lossAblated),
    ce_score: scalar(found.score),
    kl_with_sae: scalar(found.klSpliced),
    kl_with_ablation: scalar(found.klAblated),
  };
};

/** Sparse dictionaries in SAE Lens's folders, alone and in a model. */
export const sae: Area = {
  name: "sae",
  at: "methods/cases.json",
  items: (folder) =>
    caseItems(folder, "sae", {
      sae_forward: forward,
      sae_fold_w_dec_norm: fold,
      sae_training_loss: losses,
      sae_splice: splice,
    }),
};
