import { ActivationCaching } from "@hookdict/latent";
import { compare, type Effort, type Timing } from "../measure.ts";
import { gpt2Small, someTokens, TOKENS } from "../models.ts";
import { ratio, time } from "../text.ts";
import { type Case, plainCase } from "./case.ts";

/** A whole run against one that ends after layer 7 of 12, the same value captured in both. */
interface EarlyStopFigures {
  readonly tokens: number;
  readonly whole: Timing;
  readonly stopped: Timing;
}

/** The output of layer 7: eight layers, counted from 0, have run. */
const LAST = "blocks.7.hook_resid_post";

async function measure(effort: Effort): Promise<EarlyStopFigures> {
  using model = gpt2Small();
  const tokens = someTokens(TOKENS, model.config.dVocab);
  const whole = async (): Promise<void> => {
    using hooked = new ActivationCaching(LAST).prepare(model);
    const output = hooked.call(tokens);
    await output.data();
    output.dispose();
  };
  const stopped = async (): Promise<void> => {
    using hooked = new ActivationCaching(LAST, { stopEarly: true }).prepare(model);
    const result = hooked.tryCall(tokens);
    if (!result.stopped) throw new Error("the run went on to its end");
    await hooked.cache.get(["fwd", LAST]).data();
  };
  const figures = await compare({ whole: { run: whole }, stopped: { run: stopped } }, effort);
  tokens.dispose();
  return { tokens: TOKENS, ...figures };
}

export const earlyStop: Case = plainCase({
  name: "early-stop",
  about: "what a run costs that ends after layer 7 of 12",
  measure,
  render: (backend, { tokens, whole, stopped }) =>
    `${backend}: GPT-2-small shape, ${tokens} tokens: whole run ${time(whole)}, stopped after layer 7 of 12 ${time(stopped)}, ${ratio(stopped, whole)}`,
});
