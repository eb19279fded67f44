import { generate } from "@hookdict/models";
import { type Description, stream, type StreamData, type StreamStep } from "@hookdict/viz";
import { softmax, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { Ops } from "../messages.ts";
import { perform } from "./deeds.ts";
import type { Progress } from "./experiment.ts";
import { capture, groundOf, type Lab, lastRow, oneToken, PATCHED, range, wordOf } from "./lab.ts";

/** A generation that can be paused, gone on with, and branched: the tokens so far, and their picture's data. */
export class Generation {
  #ids: readonly number[] = [];
  #start = 0;
  #data: StreamData | undefined;

  /** Tokens, with everything that is done in force; each step is told as it comes. A pause keeps what there is. */
  async go(
    lab: Lab,
    { prompt, deeds, prompts, count, from }: Ops["generate"]["args"],
    progress: Progress,
  ): Promise<Description> {
    const { model, name } = lab;
    using clean = await capture(lab, prompts.clean, prompts, PATCHED);
    using ground = groundOf(lab, clean.cache, deeds);
    using hooks = perform(model, deeds, ground);
    void hooks;
    if (from === "start" || this.#data === undefined) {
      this.#ids = model.tokenIds(prompt, { unknown: "allow" });
      this.#start = this.#ids.length;
      this.#data = { steps: [], title: "Generation", source: { model: name, prompt } };
    } else if (typeof from === "object") await this.#branch(lab, from.step, from.token);
    const before = this.#ids;
    for await (const { rows, step } of generate(model, [[...before]], { maxNewTokens: count })) {
      const id = rows[0]?.at(-1) ?? 0;
      this.#data = stream.grow(this.#data, { step: await stepOf(lab, this.#ids, id) });
      this.#ids = [...this.#ids, id];
      await progress(step + 1, count, stream(this.#data));
    }
    return stream(this.#data);
  }

  async #branch(lab: Lab, at: number, text: string): Promise<void> {
    const id = oneToken(lab.model, text);
    const ids = this.#ids.slice(0, this.#start + at);
    this.#data = stream.branch(this.#data ?? { steps: [] }, at, await stepOf(lab, ids, id));
    this.#ids = [...ids, id];
  }
}

/** What the model held likely before a token. */
async function stepOf({ model }: Lab, before: readonly number[], token: number): Promise<StreamStep> {
  const input = tensor2d([[...before]], [1, before.length], "int32");
  let p: Tensor | undefined;
  try {
    p = tidy(() => softmax(lastRow(model.call(input))));
  } finally {
    input.dispose();
  }
  const values = [...(await p.data())];
  p.dispose();
  const best = range(values.length)
    .sort((one, other) => (values[other] ?? 0) - (values[one] ?? 0))
    .slice(0, 5);
  return {
    token: wordOf(model, token),
    p: values[token] ?? Number.NaN,
    top: best.map((id) => [wordOf(model, id), values[id] ?? 0] as const),
  };
}
