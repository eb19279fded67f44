import { captureStream, directLogitAttribution } from "@hookdict/circuits";
import {
  attention,
  components,
  type Description,
  distribution,
  lens,
  type LensData,
  tokenScores,
  tree,
} from "@hookdict/viz";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Prompts } from "../messages.ts";
import { type Lab, oneToken, range, type Run, wordOf } from "./lab.ts";

/** What the lens of a run says; it is what is pinned, to be compared with. */
export async function lensOf(lab: Lab, run: Run, text: string, prompts: Prompts): Promise<LensData> {
  const { model, name } = lab;
  const logits = (resid: Tensor): Tensor =>
    tidy(() => model.unembed.call(model.ln_final === undefined ? resid : model.ln_final.call(resid)));
  const follow = [prompts.answer, prompts.wrong].map((word) => oneToken(model, word));
  const token = (id: number): string => wordOf(model, id);
  const source = { model: name, prompt: text };
  return lens.read(run.cache, { tokens: model.tokenLabels(text), source, logits, token, follow });
}

/** A lens beside the pinned one, where that is of as many tokens. */
export function compared(own: LensData, pinned: LensData | undefined): LensData {
  if (pinned === undefined || pinned.top.length !== own.top.length) return own;
  return { ...own, name: "this run", other: { ...pinned, name: "pinned" } };
}

/** Every picture of a run. */
export async function picturesOf(
  lab: Lab,
  run: Run,
  text: string,
  prompts: Prompts,
  own: LensData,
): Promise<Readonly<Record<string, Description>>> {
  const { model, name } = lab;
  const tokens = model.tokenLabels(text);
  const source = { model: name, prompt: text };
  const layers = model.config.blocks.length;
  return {
    tokens: tokenScores(
      await tokenScores.read(run.cache, {
        tokens,
        path: `blocks.${layers - 1}.hook_resid_pre`,
        source,
        title: "Size of the residual stream",
      }),
    ),
    attention: attention(await attention.read(run.cache, { tokens, source })),
    lens: lens(own),
    distribution: distribution(
      await distribution.read(run.cache, {
        tokens,
        source,
        paths: range(layers).map((layer) => `blocks.${layer}.hook_resid_pre`),
      }),
    ),
    components: components({ ...(await componentsOf(lab, text, prompts)), sum: run.metric }),
    sites: tree(tree.read(model)),
  };
}

/** What each head, and what is not a head, adds to the metric: direct logit attribution. */
async function componentsOf(
  { model, name }: Lab,
  text: string,
  { answer, wrong }: Prompts,
): Promise<Parameters<typeof components>[0]> {
  const ids = model.tokens(text);
  try {
    using run = captureStream(model, ids);
    const pair = { tokens: oneToken(model, answer), wrong: oneToken(model, wrong) };
    using found = directLogitAttribution(run, { ...pair, position: -1, by: "heads" });
    const names = found.get("labels").component ?? [];
    const values = Float32Array.from(await found.get("values").data());
    return {
      names,
      values,
      quantity: `logit of ${answer} − ${wrong}`,
      source: { model: name, prompt: text },
    };
  } finally {
    ids.dispose();
  }
}
