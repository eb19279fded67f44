import type { PackOptions } from "../../pack/pack.ts";
import type { Command, CommandInput } from "../command.node.ts";
import { commandLine } from "../errors.node.ts";
import { given, textOption, wholeOption } from "../values.node.ts";

/** Tokenises documents once. */
export const pack: Command = {
  name: "pack",
  usage:
    "pack FILES... --tokenizer DIR --context N --out TOKENS [--policy concat|document] [--column NAME] [--lines] [--shuffle-documents SEED]",
  summary: "tokenise documents once, into rows",
  options: {
    tokenizer: { type: "string" },
    context: { type: "string" },
    out: { type: "string" },
    policy: { type: "string" },
    column: { type: "string" },
    lines: { type: "boolean" },
    unknown: { type: "string" },
    "shuffle-documents": { type: "string" },
    "rows-per-file": { type: "string" },
    bos: { type: "string" },
    eos: { type: "string" },
    pad: { type: "string" },
    "no-bos": { type: "boolean" },
    "no-eos": { type: "boolean" },
  },
  async run(input) {
    const [context, out] = [wholeOption(input, "context"), textOption(input, "out")];
    if (context === undefined || out === undefined || input.places.length === 0)
      throw commandLine("FILES, --context and --out are needed", pack.usage);
    const options = given({
      sources: input.places,
      context,
      out,
      tokenizer: textOption(input, "tokenizer"),
      policy: textOption(input, "policy") as PackOptions["policy"], // checked by packTokens, as those below
      column: textOption(input, "column"),
      textDocuments: input.values["lines"] === true ? ("line" as const) : undefined,
      unknown: textOption(input, "unknown") as PackOptions["unknown"],
      shuffleDocuments: wholeOption(input, "shuffle-documents"),
      rowsPerFile: wholeOption(input, "rows-per-file"),
      bos: tokenOption(input, "bos"),
      eos: tokenOption(input, "eos"),
      pad: wholeOption(input, "pad"),
      onProgress: ({ rows, tokens }: { rows: number; tokens: number }) =>
        input.say(`${rows} rows, ${tokens} tokens`),
    }) as PackOptions; // without what was not given
    const { packTokens } = await import("../../pack/pack.ts"); // tokenizers are loaded where they are needed
    const { rows, documents, tokens, dropped } = await packTokens(options);
    input.say(
      `${rows} rows of ${context}: ${documents} documents, ${tokens} tokens, of which ${dropped} are in no row`,
    );
    return 0;
  },
};

function tokenOption(input: CommandInput, name: "bos" | "eos"): number | null | undefined {
  return input.values[`no-${name}`] === true ? null : wholeOption(input, name);
}
