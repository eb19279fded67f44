import { loadBackend } from "@hookdict/backends";
import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { memory, slice, sub, sum, type Tensor } from "@tensorflow/tfjs-core";

// What the page computes: a prompt pair through the trained model, with a capture and a gradient.

/** A prompt pair, the site that is looked at, and the backend that computes. */
export interface Question {
  readonly backend: "wasm" | "webgpu";
  readonly clean: string;
  readonly corrupt: string;
  readonly right: string;
  readonly wrong: string;
  readonly site: string;
}

/** What the page found. */
export interface Answer {
  readonly backend: string;
  /** Logits of the clean prompt, `[1, pos, dVocab]`. */
  readonly logits: readonly number[];
  /** The site's value on the clean prompt. */
  readonly fwd: readonly number[];
  /** Gradient of right minus wrong at the site, on the corrupt prompt. */
  readonly bwd: readonly number[];
  /** Tensors left when all was disposed. */
  readonly left: number;
}

/** Answers the question with what the server at `base` has: `model/` and `wasm/`. */
export async function answer(base: string, question: Question): Promise<Answer> {
  const { name: backend } = await loadBackend({ backend: question.backend, wasmPath: `${base}wasm/` });
  const before = memory().numTensors;
  const found = await run(base, question);
  return { backend, ...found, left: memory().numTensors - before };
}

async function run(base: string, question: Question): Promise<Pick<Answer, "logits" | "fwd" | "bwd">> {
  const { site } = question;
  using model = await GPT2.fromPretrained(`${base}model/`);
  using hooked = new ActivationCaching(site, { directions: ["fwd", "bwd"] }).prepare(model);
  const [clean, corrupt] = [model.tokens(question.clean), model.tokens(question.corrupt)];
  const logits = hooked.call(clean);
  const found = {
    logits: [...(await logits.data())],
    fwd: [...(await hooked.cache.get<Tensor>(["fwd", site]).data())],
  };
  const [right, wrong] = [model.singleToken(question.right), model.singleToken(question.wrong)];
  hooked.backward(() => {
    const output = hooked.call(corrupt);
    return sub(lastLogit(output, right), lastLogit(output, wrong));
  });
  for (const tensor of [clean, corrupt, logits]) tensor.dispose();
  return { ...found, bwd: [...(await hooked.cache.get<Tensor>(["bwd", site]).data())] };
}

function lastLogit(logits: Tensor, token: number): Tensor {
  const [, positions = 0] = logits.shape;
  return sum(slice(logits, [0, positions - 1, token], [1, 1, 1]));
}
