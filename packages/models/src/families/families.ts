import type { Family } from "../transformer/family.ts";
import { albert } from "./albert.ts";
import { bart } from "./bart.ts";
import { bert } from "./bert.ts";
import { bloom } from "./bloom.ts";
import { cohere } from "./cohere.ts";
import { cohere2 } from "./cohere2.ts";
import { distilbert } from "./distilbert.ts";
import { electra } from "./electra.ts";
import { falcon } from "./falcon.ts";
import { gemma } from "./gemma.ts";
import { gemma2 } from "./gemma2.ts";
import { gemma3 } from "./gemma3.ts";
import { gptNeo } from "./gpt-neo.ts";
import { gptNeox } from "./gpt-neox.ts";
import { gptOss } from "./gpt-oss.ts";
import { gpt2 } from "./gpt2.ts";
import { gptj } from "./gptj.ts";
import { granite } from "./granite.ts";
import { llama } from "./llama.ts";
import { mamba } from "./mamba.ts";
import { mistral } from "./mistral.ts";
import { mixtral } from "./mixtral.ts";
import { mpt } from "./mpt.ts";
import { olmo } from "./olmo.ts";
import { olmo2 } from "./olmo2.ts";
import { opt } from "./opt.ts";
import { phi } from "./phi.ts";
import { phi3 } from "./phi3.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3Moe } from "./qwen3-moe.ts";
import { qwen3 } from "./qwen3.ts";
import { roberta } from "./roberta.ts";
import { smollm3 } from "./smollm3.ts";
import { stablelm } from "./stablelm.ts";
import { starcoder2 } from "./starcoder2.ts";
import { t5 } from "./t5.ts";
import { vit } from "./vit.ts";

/** Every family that `loadModel` knows. */
export const FAMILIES: readonly Family<unknown>[] = [
  albert,
  bart,
  bert,
  bloom,
  cohere,
  cohere2,
  distilbert,
  electra,
  falcon,
  gemma,
  gemma2,
  gemma3,
  gptNeo,
  gptNeox,
  gptOss,
  gpt2,
  gptj,
  granite,
  llama,
  mamba,
  mistral,
  mixtral,
  mpt,
  olmo,
  olmo2,
  opt,
  phi,
  phi3,
  qwen2,
  qwen3Moe,
  qwen3,
  roberta,
  smollm3,
  stablelm,
  starcoder2,
  t5,
  vit,
];
