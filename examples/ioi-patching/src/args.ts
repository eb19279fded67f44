import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Arguments {
  /** A Hugging Face directory with a decoder of any family. */
  readonly model: string;
  readonly clean: string;
  readonly corrupt: string;
  readonly answer: string;
  readonly wrong: string;
  /** Where the page is written. */
  readonly out: string;
  readonly backend: string | undefined;
  readonly help: boolean;
}

export const USAGE = `Usage: pnpm run demo [--model DIR] [--clean TEXT] [--corrupt TEXT] [--answer TOKEN] [--wrong TOKEN]
                    [--out FILE] [--backend NAME] [--help]

  --model DIR      a Hugging Face directory with a decoder that has attention (default: the one beside this example)
  --clean TEXT     prompt that the model completes with the answer
  --corrupt TEXT   the same prompt with the telling word changed; as many tokens as the clean one
  --answer TOKEN   the right next token; a space is put before it where the tokenizer wants one
  --wrong TOKEN    the wrong one
                   (where the model has no tokenizer, prompts and tokens are ids: --clean "5 9 3" --answer 7)
  --out FILE       page with the pictures (default: out/ioi-patching.html beside this example)
  --backend NAME   TensorFlow.js backend, instead of the best there is`;

/** The folder that the command was typed in. */
export const callersFolder: string = process.env["INIT_CWD"] ?? process.cwd();

const beside = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** @throws TypeError for an unknown option or a missing value. */
export function parseArguments(args: readonly string[]): Arguments {
  // `pnpm run demo -- --model DIR` passes the dashes on.
  const given = args.filter((arg, i) => !(arg === "--" && i === 0));
  const { values } = parseArgs({
    args: given,
    options: {
      model: { type: "string", default: beside("model") },
      clean: { type: "string", default: "When Mary and John went to the store , John gave a drink to" },
      corrupt: { type: "string", default: "When Mary and John went to the store , Mary gave a drink to" },
      answer: { type: "string", default: "Mary" },
      wrong: { type: "string", default: "John" },
      out: { type: "string", default: beside("out/ioi-patching.html") },
      backend: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    ...values,
    // Package managers change the folder; what is typed is meant from where it is typed.
    model: resolve(callersFolder, values.model),
    out: resolve(callersFolder, values.out),
    backend: values.backend,
  };
}
