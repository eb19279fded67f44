import { Template } from "@huggingface/jinja";

/** A message of a conversation; templates may read further fields. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

/** Options of a chat. */
export interface ChatOptions {
  /** Ends with what begins the assistant's answer. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** The name of the template, where the tokenizer has several. Default `"default"`. */
  readonly template?: string;
  /** Further variables that the template reads, such as `tools`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** The text of a template, from what tokenizer_config.json has: a text, or a list of `{ name, template }`. */
export function templateText(given: unknown, name: string): string | undefined {
  if (typeof given === "string") return given;
  if (!Array.isArray(given)) return undefined;
  const found: unknown = given.find((each: { name?: unknown } | null) => each?.name === name);
  const text = (found as { template?: unknown } | undefined)?.template; // a list's entry of that name, if any
  return typeof text === "string" ? text : undefined;
}

/** The text that a template makes of a conversation. */
export function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  { addGenerationPrompt = false, variables = {} }: ChatOptions,
  specials: Readonly<Record<string, string>>,
): string {
  return new Template(template).render({
    // Templates ask whether these are none, as Hugging Face gives them.
    tools: null,
    documents: null,
    ...specials,
    ...variables,
    messages,
    add_generation_prompt: addGenerationPrompt,
  });
}
