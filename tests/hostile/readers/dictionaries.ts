import { loadDictionary, loadTranscoders } from "@hookdict/latent";
import { encodeUtf8 } from "@hookdict/tensordict/io";
import { npzOf, type Tensors, weightsOf } from "../../latent/dictionaries/files.ts";
import { type Files, freed, type Reader } from "../reader.ts";

const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));

const SAE: Tensors = { W_enc: [[2, 1], [1, 2]], W_dec: [[1, 2], [3, 4]], b_enc: [[1], [0]], b_dec: [[2], [0, 0]] }; // prettier-ignore
const GEMMA: Tensors = { ...SAE, threshold: [[1], [1]] };

async function sae(config: object, weights: Tensors = SAE): Promise<Files> {
  return { "cfg.json": json(config), "sae_weights.safetensors": await weightsOf(weights) };
}

const standard = { architecture: "standard", d_in: 2, d_sae: 1, apply_b_dec_to_input: false };

async function crossLayer(): Promise<Files> {
  const enc = (at: number): Tensors => ({ [`W_enc_${at}`]: [[1, 2], [1, 2]], [`b_enc_${at}`]: [[1], [0]], [`b_dec_${at}`]: [[2], [0, at]] }); // prettier-ignore
  return {
    "config.yaml": encodeUtf8(
      'model_kind: "cross_layer_transcoder"\nfeature_input_hook: "hook_in" # here\nfeature_output_hook: hook_out\n',
    ),
    "W_enc_0.safetensors": await weightsOf({ ...enc(0), threshold_0: [[1], [2]] }),
    "W_dec_0.safetensors": await weightsOf({ W_dec_0: [[1, 2, 2], [1, 0, 0, 10]] }), // prettier-ignore
    "W_enc_1.safetensors": await weightsOf(enc(1)),
    "W_dec_1.safetensors": await weightsOf({ W_dec_1: [[1, 1, 2], [3, 4]] }), // prettier-ignore
  };
}

async function perLayer(): Promise<Files> {
  const file = await weightsOf({ ...SAE, W_enc: [[1, 2], [1, 2]], W_skip: [[2, 2], [0, 0, 1, 0]] }); // prettier-ignore
  return {
    "config.yaml": encodeUtf8("feature_input_hook: 'hook_in'\n"),
    "layer_0.safetensors": file,
    "layer_1.safetensors": file,
  };
}

const read = (files: Files): Promise<void> => freed(loadDictionary(files));

/** Sparse dictionaries and transcoders. */
export const DICTIONARIES: readonly Reader[] = [
  { name: "a dictionary of SAELens", files: () => sae(standard), read },
  {
    name: "a dictionary of SAELens with thresholds",
    files: () => sae({ ...standard, architecture: "jumprelu" }, GEMMA),
    read,
  },
  {
    name: "a dictionary of an older SAELens",
    files: () =>
      sae({
        ...standard,
        architecture: undefined,
        activation_fn_str: "topk",
        activation_fn_kwargs: { k: 1 },
        hook_name: "blocks.0.hook_z",
        normalize_activations: "none",
      }),
    read,
  },
  { name: "a dictionary of Gemma Scope 1", files: () => ({ "params.npz": npzOf(GEMMA) }), read },
  {
    name: "a transcoder of Gemma Scope 2",
    files: async () => ({
      "config.json": json({ hook_point_in: "blocks.0.hook_in", hook_point_out: "blocks.0.hook_out" }),
      "params.safetensors": await weightsOf(
        Object.fromEntries(Object.entries(GEMMA).map(([name, value]) => [name.toLowerCase(), value])),
      ),
    }),
    read,
  },
  {
    name: "a dictionary of sparsify",
    files: async () => ({
      "cfg.json": json({ activation: "topk", k: 1, d_in: 2 }),
      "sae.safetensors": await weightsOf({
        "encoder.weight": [[1, 2], [1, 2]],
        "encoder.bias": [[1], [0]],
        W_dec: [[1, 2], [3, 4]],
        b_dec: [[2], [0, 0]],
      }), // prettier-ignore
    }),
    read,
  },
  {
    name: "a transcoder across layers",
    files: crossLayer,
    read: (files) => freed(loadTranscoders(files)),
  },
  {
    name: "a transcoder for each layer",
    files: perLayer,
    read: (files) => freed(loadTranscoders(files)),
  },
];
