import { circuitTracerGraph, logitDifference, pruneCircuit, scoreCircuitAsync } from "@hookdict/circuits";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import type { TensorDict } from "@hookdict/tensordict";
import { type Description, graph, patching } from "@hookdict/viz";
import { mul, sub, sum, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Prompts } from "../messages.ts";
import type { Progress } from "./experiment.ts";
import { capture, type Lab, measure, metricOf, oneToken, PATCHED, range, withTokens } from "./lab.ts";

type Over = "position" | "head";

/** Edges of a circuit that are drawn. */
const EDGES = 60;

/** Patches each layer and position, or head, of the corrupt run from the clean one. */
export async function sweep(
  lab: Lab,
  prompts: Prompts,
  over: Over,
  progress: Progress,
): Promise<Description> {
  const { model } = lab;
  checkLengths(model, prompts);
  using clean = await capture(lab, prompts.clean, prompts, PATCHED);
  const from = await measure(lab, prompts.corrupt, prompts);
  const [layers, columns] = [model.config.blocks.length, columnsOf(lab, prompts, over)];
  const values: number[] = [];
  for (const layer of range(layers)) {
    for (const column of columns.keys()) {
      await progress(values.length, layers * columns.length);
      values.push(await patched(model, prompts, clean.cache, [layer, column], over));
    }
  }
  await progress(values.length, layers * columns.length);
  return patching({ ...tableOf(lab, prompts, over), values, from, to: clean.metric });
}

async function patched(
  model: Transformer,
  prompts: Prompts,
  source: TensorDict,
  [layer, column]: readonly [number, number],
  over: Over,
): Promise<number> {
  const where = over === "head" ? { heads: column } : { positions: column };
  using hooked = new ActivationPatching(`blocks.${layer}.${siteOf(over)}`, { source, ...where }).prepare(
    model,
  );
  const value = withTokens(model, prompts.corrupt, (ids) =>
    tidy(() => metricOf(model, hooked.call(ids), prompts)),
  );
  try {
    return (await value.data())[0] ?? Number.NaN;
  } finally {
    value.dispose();
  }
}

/** Attribution patching (Nanda 2023): what one backward pass estimates of all patches. */
export async function attribute(
  lab: Lab,
  prompts: Prompts,
  over: Over,
  progress: Progress,
): Promise<Description> {
  const { model } = lab;
  checkLengths(model, prompts);
  await progress(0, 1);
  // Before the gradients: a context's captures are those of the model's last run, whoever called it.
  using clean = await capture(lab, prompts.clean, prompts, PATCHED);
  const from = await measure(lab, prompts.corrupt, prompts);
  const site = siteOf(over);
  using hooked = new ActivationCaching(`blocks.*.${site}`, { directions: ["fwd", "bwd"] }).prepare(model);
  withTokens(model, prompts.corrupt, (ids) =>
    hooked.backward(() => metricOf(model, model.call(ids), prompts)),
  );
  const values: number[] = [];
  for (const layer of range(model.config.blocks.length)) {
    const path = `blocks.${layer}.${site}`;
    const row = tidy(() => {
      const change = sub(clean.cache.get<Tensor>(["fwd", path]), hooked.cache.get<Tensor>(["fwd", path]));
      const product = mul(change, hooked.cache.get<Tensor>(["bwd", path]));
      return sum(product, over === "head" ? [0, 1, 3] : [0, 2]);
    });
    values.push(...(await row.data()));
    row.dispose();
  }
  await progress(1, 1);
  const title = `Attribution of ${site}`;
  const ends = { from, to: clean.metric };
  return patching({ ...tableOf(lab, prompts, over), title, values, isChange: true, ...ends });
}

/** Edge attribution patching (Syed et al. 2023): the edges between heads and MLPs that matter most for the metric. */
export async function circuit(lab: Lab, prompts: Prompts, progress: Progress): Promise<Description> {
  const { model, name } = lab;
  checkLengths(model, prompts);
  await progress(0, 1);
  const to = await measure(lab, prompts.clean, prompts);
  if (Number.isNaN(to - (await measure(lab, prompts.corrupt, prompts))))
    throw new Error("The metric is no number on these prompts: no edge can be scored by it.");
  const [clean, corrupt] = [model.tokens(prompts.clean), model.tokens(prompts.corrupt)];
  try {
    const metric = logitDifference(oneToken(model, prompts.answer), oneToken(model, prompts.wrong));
    using scores = await scoreCircuitAsync(model, { clean, corrupt }, { metric });
    // Pruning reads at once, which a graphics card does not allow: it is given numbers that are here already.
    const values = scores.get("values");
    scores.set("values", tensor(Float32Array.from(await values.data()), values.shape));
    const pruned = pruneCircuit(scores, { size: EDGES });
    const promptTokens = model.tokenLabels(prompts.clean);
    const about = { slug: "Edges that matter", scan: name, prompt: prompts.clean, promptTokens };
    await progress(1, 1);
    const data = graph.read(circuitTracerGraph(pruned, about));
    // Heads and MLPs act at all positions: they stand in one column.
    return graph({
      ...data,
      tokens: ["all positions"],
      nodes: data.nodes.map((node) => ({ ...node, pos: 0 })),
    });
  } finally {
    clean.dispose();
    corrupt.dispose();
  }
}

const siteOf = (over: Over): string => (over === "head" ? "attn.hook_z" : "hook_resid_pre");

function columnsOf({ model, heads }: Lab, prompts: Prompts, over: Over): readonly string[] {
  return over === "head" ? range(heads).map((head) => `head ${head}`) : model.tokenLabels(prompts.corrupt);
}

function tableOf(
  lab: Lab,
  prompts: Prompts,
  over: Over,
): Omit<Parameters<typeof patching>[0], "values" | "from" | "to"> {
  return {
    title: `Patching ${siteOf(over)}`,
    layers: range(lab.model.config.blocks.length),
    columns: columnsOf(lab, prompts, over),
    over,
    metric: `logit of ${prompts.answer} − ${prompts.wrong}`,
    source: { model: lab.name, prompt: prompts.corrupt },
  };
}

function checkLengths(model: Transformer, { clean, corrupt }: Prompts): void {
  const [one, other] = [model.tokenIds(clean).length, model.tokenIds(corrupt).length];
  if (one !== other)
    throw new Error(
      `The clean prompt has ${one} tokens and the corrupt one ${other}: patching needs equally many.`,
    );
}
