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
  /** Pairs of prompts that are patched: the one above, and others with other names. */
  readonly pairs: number;
  /** Which names. */
  readonly seed: number;
  /** Where the page is written. */
  readonly out: string;
  readonly backend: string | undefined;
  readonly help: boolean;
}

export const USAGE = `Usage: pnpm run demo [--model DIR] [--clean TEXT] [--corrupt TEXT] [--answer TOKEN] [--wrong TOKEN]
                    [--pairs N] [--seed N] [--out FILE] [--backend NAME] [--help]

  --model DIR      a Hugging Face directory with a decoder that has attention (default: the one beside this example)
  --clean TEXT     prompt that the model completes with the answer
  --corrupt TEXT   the same prompt with the telling word changed; as many tokens as the clean one
  --answer TOKEN   the right next token; a space is put before it where the tokenizer wants one
  --wrong TOKEN    the wrong one
                   (where the model has no tokenizer, prompts and tokens are ids: --clean "5 9 3" --answer 7)
  --pairs N        how many pairs of prompts are patched: this one, and others in which other names stand for the answer
                   and the wrong token, where these are in the prompt (default: 10; 1 patches this one alone)
  --seed N         which names (default: 0)
  --out FILE       page with the pictures (default: out/ioi-patching.html beside this example)
  --backend NAME   TensorFlow.js backend, instead of the best there is`;

function wholeNumber(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new TypeError(`${name} is ${JSON.stringify(text)}: give a whole number from ${least} to ${most}.`);
}

/** The folder that the command was typed in. */
export const callersFolder: string = process.env["INIT_CWD"] ?? process.cwd();

const beside = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Whether it is the model beside this example. */
export const isBundled = (folder: string): boolean => resolve(folder) === resolve(beside("model"));

/** @throws TypeError for an unknown option, a missing value, or one that cannot be. */
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
      pairs: { type: "string", default: "10" },
      seed: { type: "string", default: "0" },
      out: { type: "string", default: beside("out/ioi-patching.html") },
      backend: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    ...values,
    pairs: wholeNumber("--pairs", values.pairs, [1, 100]),
    seed: wholeNumber("--seed", values.seed, [0, 2 ** 31]),
    // Package managers change the folder; what is typed is meant from where it is typed.
    model: resolve(callersFolder, values.model),
    out: resolve(callersFolder, values.out),
    backend: values.backend,
  };
}
