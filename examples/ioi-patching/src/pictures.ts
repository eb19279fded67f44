import { ActivationCaching } from "@hookdict/latent";
import { circuitTracerGraph } from "@hookdict/circuits";
import { Transformer } from "@hookdict/models";
import {
  attention,
  type Description,
  graph,
  lens,
  patching,
  type PatchingData,
  type Source,
  tokenScores,
} from "@hookdict/viz";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Findings, Grid, Measured } from "./experiment.ts";
import { type Decoder, encode, labelsOf, type Prompts, wordOf } from "./prompts.ts";

/** Where the pictures' numbers come from. */
export type Origin = Pick<Source, "model" | "date">;

const flat = (grid: Grid): number[] => grid.flat();

/** Numbers of a table, with their intervals where there are several pairs. */
const spread = ({ mean, low, high }: Measured): Pick<PatchingData, "values" | "low" | "high"> => ({
  values: flat(mean),
  ...(low !== undefined && high !== undefined && { low: flat(low), high: flat(high) }),
});

/** What the experiment found, as pictures: shares recovered by patches, and what gradients estimate of them. */
export function pictures(findings: Findings, origin: Origin): readonly Description[] {
  const { prompts, pairs, seed } = findings;
  const { clean: to, corrupt: from } = findings.means;
  const columns = findings.corruptTokens.map((token, i) => {
    const clean = findings.tokens[i] ?? "";
    return token === clean ? token : `${clean.trim()}→${token.trim()}`;
  });
  const layers = findings.residual.mean.map((_, layer) => layer);
  const heads = (findings.heads?.measured.mean[0] ?? []).map((_, head) => `head ${head}`);
  const shared = {
    layers,
    from,
    to,
    metric:
      pairs === 1
        ? `logit of ${prompts.answer} − ${prompts.wrong}`
        : "logit of the right name − the wrong one",
    source: {
      ...origin,
      prompt: prompts.corrupt,
      n: pairs,
      ...(pairs > 1 && { seed }),
    },
  };
  const over = pairs === 1 ? "" : ` Means over ${pairs} pairs of prompts with other names.`;
  const patched = `Each cell is one run of the corrupt prompt, with one part taken from the clean run.${over}`;
  const estimated = `Estimates of all patches by one backward pass: (clean − corrupt) · gradient.${over}`;
  const measured = { ...shared, source: { ...shared.source, ...(pairs > 1 && { interval: 0.95 }) } };
  return [
    patching({
      ...measured,
      title: "Patching hook_resid_pre",
      caption: patched,
      columns,
      over: "position",
      ...spread(findings.residual),
    }),
    patching({
      ...shared,
      title: "Attribution of hook_resid_pre",
      caption: estimated,
      columns,
      over: "position",
      values: flat(findings.residualEstimate),
      isChange: true,
    }),
    ...(findings.heads === undefined
      ? []
      : [
          patching({
            ...measured,
            title: "Patching attn.hook_z",
            caption: patched,
            columns: heads,
            over: "head",
            ...spread(findings.heads.measured),
          }),
          patching({
            ...shared,
            title: "Attribution of attn.hook_z",
            caption: estimated,
            columns: heads,
            over: "head",
            values: flat(findings.heads.estimate),
            isChange: true,
          }),
        ]),
  ];
}

/** What the model does with the clean prompt: where its heads look, and what it would say after each layer. */
export async function portrait(
  model: Decoder,
  prompts: Prompts,
  origin: Origin,
): Promise<readonly Description[]> {
  const hasHeads = model instanceof Transformer;
  const sites = ["blocks.*.hook_resid_{pre,post}", ...(hasHeads ? ["**.hook_pattern"] : [])];
  using hooked = new ActivationCaching(sites).prepare(model);
  using inputs = encode(model, [prompts]);
  hooked.call(inputs.clean).dispose();
  using captures = hooked.takeCache();
  hooked.dispose(); // the lens runs the head
  const tokens = labelsOf(model, prompts.clean);
  const source = { ...origin, prompt: prompts.clean };
  const logits = (resid: Tensor): Tensor => model.call(resid, { startAtLayer: model.blocks.length });
  const token = (id: number): string => wordOf(model, id);
  const follow = [...inputs.answer, ...inputs.wrong];
  const looks = hasHeads
    ? [attention(await attention.read(captures, { tokens, source, title: "Attention on the clean prompt" }))]
    : [];
  return [
    ...looks,
    lens(
      await lens.read(captures, {
        tokens,
        source,
        logits,
        token,
        follow,
        title: "What it would say after each layer",
      }),
    ),
  ];
}

/** The circuit over the clean prompt; none where a family has no paths. */
export function circuitPictures(findings: Findings, origin: Origin): readonly Description[] {
  const { paths, prompts, tokens } = findings;
  if ("reason" in paths) return [];
  const about = { slug: "circuit", scan: origin.model ?? "", prompt: prompts.clean, promptTokens: tokens };
  const caption = `${paths.circuit.edges.length} of ${paths.total} edges, which have ${paths.faithfulness.toFixed(2)} of what the model does.`;
  const data = graph.read(circuitTracerGraph(paths.circuit, about));
  return [
    graph({
      ...data,
      // Heads and MLPs act at all positions: they stand in one column.
      tokens: ["all positions"],
      nodes: data.nodes.map((node) => ({ ...node, pos: 0 })),
      title: "The paths that matter",
      caption,
      source: { ...origin, prompt: prompts.clean },
    }),
  ];
}

/** Tokens of both prompts; where they differ, they are coloured. */
export function promptPictures(
  { tokens, corruptTokens, cleanMetric, corruptMetric, prompts }: Findings,
  origin: Origin,
): readonly Description[] {
  const differ = tokens.map((token, i) => (token === corruptTokens[i] ? 0 : 1));
  const shown = (name: string, own: readonly string[], metric: number): Description =>
    tokenScores({
      title: `${name}: ${metric.toFixed(2).replace("-", "−")}`,
      caption: `Logit of ${prompts.answer} minus logit of ${prompts.wrong} at the last position.`,
      tokens: own,
      source: origin,
      channels: [{ name: "differs", values: differ }],
    });
  return [shown("clean", tokens, cleanMetric), shown("corrupt", corruptTokens, corruptMetric)];
}

/** Shares below this are told of no head. */
const TOLD = 0.2;

/** The result in one sentence: where the answer is decided, layer by layer, and by which heads. */
export function inWords({ residual, heads, means, pairs }: Findings): string {
  const share = (value: number): number => (value - means.corrupt) / (means.clean - means.corrupt);
  const strongest = residual.mean.map((row) => row.map(share)).map((row) => row.indexOf(Math.max(...row)));
  const runs: { position: number; from: number; to: number }[] = [];
  strongest.forEach((position, layer) => {
    const last = runs.at(-1);
    if (last?.position === position) last.to = layer;
    else runs.push({ position, from: layer, to: layer });
  });
  const places = runs.map(
    ({ position, from, to }) =>
      `position ${position} ${from === to ? `before layer ${from}` : `before layers ${from} to ${to}`}`,
  );
  const told = (heads?.measured.mean ?? [])
    .flatMap((row, layer) => row.map((value, head) => ({ name: `${layer}.${head}`, share: share(value) })))
    .filter((head) => head.share > TOLD)
    .sort((one, other) => other.share - one.share)
    .map((head) => `${head.name} (${Math.round(head.share * 100)} %)`);
  const byHeads =
    heads === undefined
      ? ""
      : told.length === 0
        ? "; no single head recovers a fifth"
        : `; heads ${told.join(", ")} recover most`;
  return `What decides stands at ${places.join(", then at ")}${byHeads}${pairs === 1 ? "" : `, over ${pairs} pairs of prompts with other names`}.`;
}
