import { fileURLToPath } from "node:url";
import { type HookingContext, HookingContextFactory } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { finish } from "../finish.ts";
import { compare, type Effort, type Task, type Timing } from "../measure.ts";
import { gpt2Small, someTokens, TOKENS } from "../models.ts";

/** Forward passes of one model: bare, with an empty hook at every site, with every site captured. */
export interface ForwardFigures {
  readonly model: string;
  readonly sites: number;
  readonly tokens: number;
  readonly bare: Timing;
  readonly hooked: Timing;
  readonly captured: Timing;
}

/** An empty hook at every site. */
export class EmptyHooks extends HookingContextFactory {
  override describe(): { name: string; options: Record<string, unknown> } {
    return { name: "EmptyHooks", options: {} };
  }
  protected override setUp(context: HookingContext): void {
    context.hook("**", "fwd", () => undefined);
  }
}

const TINY = fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));

/** The trained model of the examples, on one of its own prompts' length. */
export async function forwardTiny(): Promise<ForwardFigures> {
  using model = await GPT2.fromPretrained(TINY);
  return await measure("ioi-tiny", model, someTokens(15, model.config.dVocab), { rounds: 60, warmups: 5 });
}

/** GPT-2 small's shape. */
export async function forwardSmall(effort: Effort): Promise<ForwardFigures> {
  using model = gpt2Small();
  return await measure("GPT-2-small shape", model, someTokens(TOKENS, model.config.dVocab), effort);
}

async function measure(name: string, model: GPT2, tokens: Tensor2D, effort: Effort): Promise<ForwardFigures> {
  const bare: Task = { run: () => finish(tidy(() => model.call(tokens))) };
  // A context each, ended before the next task runs, so that the bare model is bare.
  const within = (factory: HookingContextFactory): Task => {
    let hooked = factory.prepare(model);
    hooked.dispose();
    return {
      before: () => void (hooked = factory.prepare(model)),
      run: () => finish(hooked.call(tokens)),
      after: () => hooked.dispose(),
    };
  };
  const { sites } = new EmptyHooks().prepare(model).run((hooked) => ({ sites: hooked.sites.length }));
  const figures = await compare(
    { bare, hooked: within(new EmptyHooks()), captured: within(new ActivationCaching("**")) },
    effort,
  );
  const [, pos] = tokens.shape;
  tokens.dispose();
  return { model: name, sites, tokens: pos, ...figures };
}
