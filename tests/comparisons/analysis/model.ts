import { ActivationCaching } from "@hookdict/latent";
import { generateRows, loadModel } from "@hookdict/models";
import { tensor1d } from "@tensorflow/tfjs-core";
import { type Answer, modelFolder } from "./setting.ts";

/** Losses, their gradients, generation, and points that are there on request. */
export const ofModel: Readonly<Record<string, Answer>> = {
  loss: ({ model, clean }) => ({ values: model.loss(clean) }),
  loss_per_token: ({ model, clean }) => ({ values: model.loss(clean, { perToken: true }) }),
  greedy_continuation: async ({ model, about }, _, [count = 0]) => {
    const prompt = [...about.clean_ids];
    const [row = []] = await generateRows(model, [prompt], { maxNewTokens: count });
    return { values: tensor1d(row.slice(prompt.length), "float32") };
  },
  bwd_loss: ({ model, clean }, { rest = "" }) => {
    using hooked = new ActivationCaching(rest, { directions: ["bwd"] }).prepare(model);
    hooked.backward(() => model.loss(clean));
    return { values: hooked.cache.get(["bwd", rest]).clone() };
  },
};

/** `optional/<site>`: the first pair's clean prompt, with the site's point on where it is there on request. */
export const optional: Answer = async ({ all, clean }, { rest = "" }) => {
  const isThere = all.model.hookTarget().sites().some(({ path }) => path === rest); // prettier-ignore
  using model = await loadModel(modelFolder(all.folder), isThere ? {} : { points: pointsFor(rest) });
  using hooked = new ActivationCaching(rest).prepare(model);
  hooked.call(clean).dispose();
  return { values: hooked.cache.get(["fwd", rest]).clone() };
};

function pointsFor(site: string): ["hook_mlp_in"] {
  const [, point = ""] = /^blocks\.\d+\.(.*)$/.exec(site) ?? [];
  return [point as "hook_mlp_in"]; // the model says which it knows
}
