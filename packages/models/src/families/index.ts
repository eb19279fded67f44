import type { Family } from "../transformer/family.ts";
import { gemma } from "./gemma.ts";
import { gemma2 } from "./gemma2.ts";
import { gemma3 } from "./gemma3.ts";
import { gpt2 } from "./gpt2.ts";
import { gptNeox } from "./gpt-neox.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";

/** Every family, one file each. */
export const FAMILIES: readonly Family[] = [
  gemma,
  gemma2,
  gemma3,
  gpt2,
  gptNeox,
  llama,
  mistral,
  qwen2,
  qwen3,
];
