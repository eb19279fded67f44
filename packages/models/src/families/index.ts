import type { Family } from "../transformer/family.ts";
import { gemma } from "./gemma.ts";
import { gemma2 } from "./gemma2.ts";
import { gemma3 } from "./gemma3.ts";
import { gptNeox } from "./gpt-neox.ts";
import { gpt2 } from "./gpt2.ts";
import { gptj } from "./gptj.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral.ts";
import { opt } from "./opt.ts";
import { phi } from "./phi.ts";
import { phi3 } from "./phi3.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";

/** Every family, one file each. */
export const FAMILIES: readonly Family[] = [
  gemma,
  gemma2,
  gemma3,
  gptNeox,
  gpt2,
  gptj,
  llama,
  mistral,
  opt,
  phi,
  phi3,
  qwen2,
  qwen3,
];
