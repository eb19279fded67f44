import { readJson, type SourceDirectory } from "@hookdict/tensordict/io";
import type { DictionaryConfig } from "../config.ts";
import { weightInvalid, weightsMissing } from "../errors.ts";
import { Fields } from "./fields.ts";
import type { DictionaryFormat } from "./format.ts";
import { readScalar, readValues, readWeights, transposed } from "./read-weights.ts";

const CONFIG = "cfg.json";
const WEIGHTS = "sae_weights.safetensors";

/** SAE Lens's words for kinds of dictionaries. */
const ARCHITECTURES = {
  standard: "relu",
  jumprelu: "jumpRelu",
  topk: "topK",
  batchtopk: "batchTopK",
  gated: "gated",
  transcoder: "relu",
  skip_transcoder: "relu",
  jumprelu_transcoder: "jumpRelu",
  jumprelu_skip_transcoder: "jumpRelu",
} as const;

const NORMALIZATIONS = {
  none: "none",
  layer_norm: "layerNorm",
  constant_norm_rescale: "constantNorm",
} as const;
const RESHAPES = { none: false, hook_z: true } as const;

/** Folders that SAE Lens writes, of versions 3 to 6. */
export const saeLens: DictionaryFormat = {
  name: "SAE Lens",
  files: [CONFIG, WEIGHTS],
  async read(directory) {
    const fields = new Fields(`${directory.name}/${CONFIG}`, await readJson(directory, CONFIG));
    const read = configOf(fields);
    const threshold =
      read.activation === "batchTopK" ? await readScalar(directory, WEIGHTS, "topk_threshold") : undefined;
    const config = threshold === undefined ? read : { ...read, batchThreshold: threshold };
    const file = `${directory.name}/${WEIGHTS}`;
    await refuseFactors(directory);
    const weights = await readWeights(directory, WEIGHTS, {
      W_enc: "wEnc",
      W_dec: "wDec",
      b_dec: "bDec",
      W_skip: "wSkip",
      ...(config.activation === "gated"
        ? { b_gate: "bGate", b_mag: "bMag", r_mag: "rMag" }
        : { b_enc: "bEnc" }),
      ...(config.activation === "jumpRelu" ? { threshold: "threshold" } : {}),
    });
    const isSkipping = String(fields.any("architecture")).includes("skip");
    if (isSkipping && weights.wSkip === undefined)
      throw weightsMissing(file, ["W_skip"], Object.keys(weights));
    const { wSkip, ...others } = weights;
    // x W_skip^T, with the matrix as [dOut, dIn].
    return { config, weights: isSkipping && wSkip ? { ...others, wSkip: transposed(wSkip) } : others, file };
  },
};

function configOf(fields: Fields): DictionaryConfig {
  const architecture = fields.any("architecture");
  const named = fields.choice("architecture", ARCHITECTURES, "standard");
  const activation = named === "relu" ? oldActivation(fields) : named;
  const metadata = fields.inner("metadata");
  const isTranscoder = typeof architecture === "string" && architecture.includes("transcoder");
  const site = metadata.text("hook_name") ?? fields.text("hook_name", "hook_point");
  const outputSite = isTranscoder
    ? (metadata.text("hook_name_out") ?? fields.text("hook_name_out"))
    : undefined;
  return {
    activation,
    dIn: fields.size("d_in"),
    dSae: fields.size("d_sae"),
    ...(isTranscoder && { dOut: fields.size("d_out", "d_in") }),
    ...((activation === "topK" || activation === "batchTopK") && { k: kOf(fields) }),
    centresInput: !isTranscoder && fields.flag("apply_b_dec_to_input", true),
    normalization: normalizationOf(fields),
    rescalesByDecoderNorm: fields.flag("rescale_acts_by_decoder_norm", false),
    joinsHeads: fields.choice("reshape_activations", RESHAPES, "none") || site?.endsWith("hook_z") === true,
    ...(site !== undefined && { site }),
    ...(outputSite !== undefined && { outputSite }),
  };
}

/** Version 3 began with true or false. */
function normalizationOf(fields: Fields): string {
  if (fields.any("normalize_activations") === false) return "none";
  return fields.choice("normalize_activations", NORMALIZATIONS, "none");
}

/** Versions before 6 call a top-k dictionary standard, with an activation function of its own. */
function oldActivation(fields: Fields): string {
  const name = fields.any("activation_fn_str") === undefined ? "activation_fn" : "activation_fn_str";
  return fields.choice(name, { relu: "relu", topk: "topK" }, "relu");
}

/** Versions before 6 kept a factor of each feature, 1 unless it was finetuned. @throws FormatError `DICTIONARY_WEIGHT_INVALID` */
async function refuseFactors(directory: SourceDirectory): Promise<void> {
  const factors = await readValues(directory, WEIGHTS, "scaling_factor");
  const other = factors?.find((factor) => Math.abs(factor - 1) > 1e-5);
  if (other !== undefined)
    throw weightInvalid(
      `${directory.name}/${WEIGHTS}`,
      "scaling_factor",
      `${other}, a factor that is not supported`,
    );
}

function kOf(fields: Fields): number {
  return fields.any("k") === undefined ? fields.inner("activation_fn_kwargs").count("k") : fields.count("k");
}
