import { type Hookable, type HookTarget, resolveTarget } from "@hookdict/core";
import type { Transformer } from "@hookdict/models";
import {
  broadcastTo,
  clone,
  gather,
  stack,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import { optionWrong, promptsUnequal } from "../errors.ts";
import { BaseRun, type Start } from "../runs/base-run.ts";
import { Captures, type HookAt } from "../runs/hooked-run.ts";
import { type Metric, metricsOf } from "../runs/metric.ts";
import { drive, driveAsync, Progress, taken, type Work, type WorkOptions } from "../runs/work.ts";
import { keptClone } from "@hookdict/tensordict/tensors";
import { labelled, type Labelled } from "../stream/stack.ts";
import { transformerOf } from "../stream/stream-run.ts";
import type { PromptPairs } from "../sweep/prepared.ts";
import { checkPrompts, checkWork } from "../arguments.ts";

/** Where a path ends: what the head of the model reads, a head's queries, keys or values, or an MLP. */
export type Receiver =
  | "final"
  | { readonly layer: number; readonly head: number; readonly input: "q" | "k" | "v" }
  | { readonly layer: number; readonly input: "mlp" };

/** Options of {@link pathPatching}. */
export interface PathPatchingOptions extends WorkOptions {
  /** Where paths end; several are patched together. */
  readonly receivers: Receiver | readonly Receiver[];
  readonly metrics: Metric | readonly Metric[];
  /** Whether MLPs keep their clean outputs, so that only the direct path counts; otherwise they compute. Default `false`. */
  readonly freezeMlps?: boolean;
}

/** What is captured of both runs. */
interface Runs {
  readonly target: HookTarget;
  readonly clean: Captures;
  readonly corrupt: Captures;
  readonly base: BaseRun;
}

/** A receiver with the site that is patched for it. */
interface ReceiverSite {
  readonly path: string;
  readonly layer: number;
  /** Along the third axis; `undefined` for all. */
  readonly head: number | undefined;
}

/**
 * How much of an answer goes from each head to a receiver (Wang et al. 2022, appendix B; Goldowsky-Dill et al. 2023). A first run on
 * the clean prompt has the sender's `hook_z` from the corrupt one, and those of all other heads as they were; what the receiver
 * then takes in is put into a clean run, of which the metrics are told.
 *
 * **Ownership:** *borrows* all; *returns owned*: `values` `[metric, pair, layer, head]`, of the layers before the last receiver.
 *
 * @throws UsageError `CIRCUIT_MODEL`, `CIRCUIT_OPTION`, `METRIC_INVALID`; ShapeError `PROMPTS_UNEQUAL`, `METRIC_SHAPE`;
 * LifetimeError `CIRCUIT_ABORTED`; what the model throws.
 * @example no-run
 * using found = pathPatching(model, { clean, corrupt }, { receivers: { layer: 3, head: 0, input: "q" }, metrics });
 */
export function pathPatching(model: Hookable, prompts: PromptPairs, options: PathPatchingOptions): Labelled {
  return drive(patchPaths(model, prompts, options));
}

/** {@link pathPatching} that lets other work in between its runs. **Ownership** and errors as there. */
export async function pathPatchingAsync(
  model: Hookable,
  prompts: PromptPairs,
  options: PathPatchingOptions,
): Promise<Labelled> {
  return driveAsync(patchPaths(model, prompts, options));
}

function* patchPaths(model: Hookable, prompts: PromptPairs, options: PathPatchingOptions): Work<Labelled> {
  checkWork("pathPatching", options, ["receivers", "metrics", "freezeMlps"]);
  checkPrompts("pathPatching", prompts);
  const transformer = transformerOf(model, "pathPatching");
  const metrics = metricsOf("pathPatching", options.metrics);
  const { clean, corrupt } = prompts;
  if (clean.shape.join() !== corrupt.shape.join()) throw promptsUnequal(clean.shape, corrupt.shape);
  const receivers = [options.receivers].flat().map((each) => siteFor(transformer, each));
  if (receivers.length === 0 || (receivers.length > 1 && receivers.some(({ path }) => path === "")))
    throw optionWrong("pathPatching", "receivers", options.receivers, 'heads and MLPs, or "final" alone');
  const last = Math.max(...receivers.map(({ layer }) => layer));
  if (last === 0) throw optionWrong("pathPatching", "receivers", "layer 0", "a receiver behind some head");
  const heads = Math.max(
    ...transformer.config.blocks.slice(0, last).map(({ attention }) => attention.nHeads),
  );
  const target = resolveTarget(model);
  using held = new Captures();
  using others = new Captures();
  const looks = (captures: Captures): HookAt[] =>
    transformer.blocks.flatMap((_, layer) => [
      captures.at(`blocks.${layer}.attn.hook_z`),
      captures.at(`blocks.${layer}.hook_mlp_out`),
    ]);
  using base = new BaseRun(target, clean, metrics, looks(held));
  new BaseRun(target, corrupt, metrics, looks(others))[Symbol.dispose]();
  const runs: Runs = { target, clean: held, corrupt: others, base };
  const pairs = base.prompts;
  const values = new Float32Array(metrics.length * pairs * last * heads);
  const progress = new Progress("Path patching", last * pairs, options);
  for (let layer = 0; layer < last; layer++) {
    for (let pair = 0; pair < pairs; pair++) {
      const found = yield* taken(
        metricsOfLayer(runs, { layer, pair }, receivers, options.freezeMlps === true),
      );
      const count = found.length / metrics.length;
      for (let m = 0; m < metrics.length; m++)
        for (let head = 0; head < count; head++)
          values[((m * pairs + pair) * last + layer) * heads + head] = found[m * count + head] ?? Number.NaN;
      progress.tick();
    }
  }
  return labelled(() => tensor(values, [metrics.length, pairs, last, heads]), {
    axes: ["metric", "pair", "layer", "head"],
    labels: {
      metric: metrics.map(({ name }) => name),
      layer: Array.from({ length: last }, (_, i) => `${i}`),
    },
  });
}

/** Metrics of all heads of a layer as senders, a row for each: `[metric, head]`. **Ownership:** *returns owned*. */
function metricsOfLayer(
  runs: Runs,
  { layer, pair }: { readonly layer: number; readonly pair: number },
  receivers: readonly ReceiverSite[],
  freezeMlps: boolean,
): Tensor {
  const { base } = runs;
  const heads = runs.clean.get(`blocks.${layer}.attn.hook_z`).shape[2] ?? 0;
  const pairs = Array.from({ length: heads }, () => pair);
  using recorded = new Captures();
  const sending = sendingHooks(runs, layer, pair, freezeMlps, receivers, recorded);
  return tidy(() => {
    const from = (first: number): Start => ({ layers: pairs.map(() => first), position: 0 });
    const direct = base.metrics(pairs, from(layer), sending);
    if (receivers[0]?.path === "") return keptClone(stack(direct));
    const receiving = receivers.map((site) => receivingHook(site, recorded.get(site.path)));
    const first = Math.min(...receivers.map((each) => each.layer));
    return keptClone(stack(base.metrics(pairs, from(Math.min(first, base.layers)), receiving)));
  });
}

/** A sender's head is corrupt, all others clean, MLPs as asked; what receivers take in is kept. */
function sendingHooks(
  { clean, corrupt, base }: Runs,
  sender: number,
  pair: number,
  freezeMlps: boolean,
  receivers: readonly ReceiverSite[],
  into: Captures,
): HookAt[] {
  const rowOf = (captures: Captures, path: string, value: Tensor): Tensor =>
    base.atPositionsOf(gather(captures.get(path), tensor1d([pair], "int32")), value.shape[1] ?? 1, 1);
  const hooks: HookAt[] = [];
  for (const { path } of receivers) if (path !== "") hooks.push(into.at(path));
  for (let layer = sender; layer < base.layers; layer++) {
    const z = `blocks.${layer}.attn.hook_z`;
    hooks.push({
      path: z,
      run: (value) =>
        tidy(() => {
          const frozen = broadcastTo(rowOf(clean, z, value), value.shape);
          if (layer !== sender) return frozen;
          const own = diagonal(value.shape[0] ?? 1);
          return where(own, rowOf(corrupt, z, value), frozen);
        }),
    });
    const out = `blocks.${layer}.hook_mlp_out`;
    if (freezeMlps)
      hooks.push({
        path: out,
        run: (value) => tidy(() => broadcastTo(rowOf(clean, out, value), value.shape)),
      });
  }
  return hooks;
}

/** True where row and head are the same, `[row, 1, head, 1]`. */
function diagonal(heads: number): Tensor {
  const mask = Uint8Array.from({ length: heads * heads }, (_, i) => (i % (heads + 1) === 0 ? 1 : 0));
  return tensor(mask, [heads, 1, heads, 1], "bool");
}

function receivingHook({ path, head }: ReceiverSite, recorded: Tensor): HookAt {
  return {
    path,
    run: (value) =>
      tidy(() => {
        if (head === undefined) return clone(recorded);
        const heads = value.shape[2] ?? 1;
        const mask = Uint8Array.from({ length: heads }, (_, i) => (i === head ? 1 : 0));
        return where(tensor(mask, [1, 1, heads, 1], "bool"), recorded, value);
      }),
  };
}

function siteFor(model: Transformer, receiver: unknown): ReceiverSite {
  const wanted = '"final", { layer, head, input: "q", "k" or "v" } or { layer, input: "mlp" }';
  const refused = (): Error => optionWrong("pathPatching", "receivers", receiver, wanted);
  if (receiver === "final") return { path: "", layer: model.blocks.length, head: undefined };
  if (typeof receiver !== "object" || receiver === null || !("layer" in receiver) || !("input" in receiver))
    throw refused();
  const { layer, input } = receiver;
  const block = model.config.blocks[layer as number];
  if (block === undefined) throw refused();
  // What an MLP takes in shows in what it gives.
  if (input === "mlp")
    return { path: `blocks.${Number(layer)}.hook_mlp_out`, layer: Number(layer), head: undefined };
  const head = "head" in receiver ? Number(receiver.head) : Number.NaN;
  const { nHeads, nKeyHeads } = block.attention;
  const isHead = Number.isInteger(head) && head >= 0 && head < nHeads;
  if (!isHead || (input !== "q" && input !== "k" && input !== "v")) throw refused();
  // Heads that share keys and values have them together.
  const own = input === "q" ? head : Math.floor(head / (nHeads / nKeyHeads));
  return { path: `blocks.${Number(layer)}.attn.hook_${input}`, layer: Number(layer), head: own };
}
