import { argumentInvalid, checkArgument } from "@hookdict/tensordict";

/** Checks what plain JavaScript may give to what generates. @throws UsageError `ARGUMENT_INVALID` */
export function checkGeneration(owner: string, model: unknown, prompts: unknown, options: unknown): void {
  const isModel =
    typeof model === "object" && model !== null && typeof Reflect.get(model, "call") === "function";
  if (!isModel) throw argumentInvalid(owner, "model", model, "a language model, or a hooked one");
  checkArgument(owner, "prompts", prompts, "a list");
  for (const prompt of prompts as readonly unknown[])
    // just checked
    checkArgument(owner, "a prompt", prompt, "a list of finite numbers");
  checkArgument(owner, "options", options, "a record");
}
