import { loadBackend, type LoadedBackend, type WasmLocation } from "@hookdict/backends";
import { captureStream, directLogitAttribution } from "@hookdict/circuits";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { generate, loadModel, type Transformer } from "@hookdict/models";
import type { TensorDict } from "@hookdict/tensordict";
import {
  attention,
  components,
  type Description,
  distribution,
  lens,
  patching,
  stream,
  tokenScores,
  tree,
  type StreamData,
  type StreamStep,
} from "@hookdict/viz";
import {
  memory,
  mul,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  tensor2d,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import type { Card, Deed, Look, ModelSource, Ops, Prompts, Reply } from "../messages.ts";
import { difference, type Ground, perform } from "./deeds.ts";
import { fetchModel } from "./weights.ts";

/** What a long computation tells, and whether it goes on: it throws where it was cancelled. */
export type Progress = (done: number, total: number, picture?: Description) => Promise<void>;

const SITES = ["blocks.*.hook_resid_{pre,post}", "blocks.*.attn.hook_{z,pattern}"];
/** Bytes from which on one is warned. */
const LARGE = 1e9;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The model, and everything that is done with it. */
export class Experiment {
  readonly #tell: (reply: Reply) => void;
  #backend: LoadedBackend | undefined;
  #builtIn: Ops["start"]["args"]["model"] = "";
  #model: Transformer | undefined;
  #name = "";
  #heads = 0;
  #warnings: readonly string[] = [];
  #isForced = false;

  constructor(tell: (reply: Reply) => void) {
    this.#tell = tell;
  }

  async start({ backend, wasm, model }: Ops["start"]["args"]): Promise<Ops["start"]["result"]> {
    this.#builtIn = model;
    this.#isForced = backend !== undefined;
    const options = {
      wasmPath: wasm as WasmLocation,
      onDeviceLost: (error: Error) => this.#tell({ lost: error.message }),
    };
    this.#backend = await loadBackend(backend === undefined ? options : { ...options, backend });
    return { name: this.#backend.name, reason: this.#reason };
  }

  get #reason(): string {
    const tried = (this.#backend?.tried ?? []).filter(({ name }) => !name.startsWith("tfjs-node"));
    if (this.#isForced) return "it was chosen here";
    return tried.length === 0
      ? (this.#backend?.reason ?? "")
      : tried.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  }

  async load(source: ModelSource, progress: Progress): Promise<Card> {
    const builtIn = this.#builtIn;
    const location =
      source.kind === "files"
        ? source.files
        : source.kind === "url"
          ? await fetchModel(source.url, this.#tell, progress)
          : typeof builtIn === "string"
            ? await fetchModel(builtIn, this.#tell, () => Promise.resolve())
            : builtIn;
    const model = await loadModel(location);
    this.#model?.[Symbol.dispose]();
    this.#model = model;
    this.#name = source.kind === "url" ? source.url : source.kind === "files" ? "dropped files" : "ioi-tiny";
    this.#warnings =
      memory().numBytes > LARGE
        ? [`The weights take ${(memory().numBytes / 1e9).toFixed(1)} GB: other pages may become slow.`]
        : [];
    this.#heads = await this.#countHeads(model);
    return this.#card(model);
  }

  /** Heads as they are at the sites: families name them in several ways. */
  async #countHeads(model: Transformer): Promise<number> {
    using hooked = new ActivationCaching("blocks.0.attn.hook_z").prepare(model);
    const tokens = model.tokens("a", { unknown: "allow" });
    hooked.call(tokens).dispose();
    tokens.dispose();
    return hooked.cache.get<Tensor>(["fwd", "blocks.0.attn.hook_z"]).shape[2] ?? 0;
  }

  #card(model: Transformer): Card {
    const { config } = model;
    return {
      name: this.#name,
      family: config.modelType,
      layers: config.blocks.length,
      heads: this.#heads,
      dModel: config.dModel,
      vocabulary: config.dVocab,
      bytes: memory().numBytes,
      backend: this.#backend?.name ?? "",
      reason: this.#reason,
      tensors: memory().numTensors,
      warnings: [...(this.#backend?.warnings ?? []), ...this.#warnings],
    };
  }

  get #loaded(): Transformer {
    if (this.#model === undefined) throw new Error("No model is loaded yet.");
    return this.#model;
  }

  /** Both prompts, the metric with and without what is done, and the pictures of one of them as it then is. */
  async look({ prompts, deeds, which }: Ops["look"]["args"]): Promise<Look> {
    const model = this.#loaded;
    const before = memory().numTensors;
    using clean = await this.#capture(prompts.clean, prompts);
    using corrupt = await this.#capture(prompts.corrupt, prompts);
    using ground = this.#ground(clean.cache, deeds);
    using hooks = perform(model, deeds, ground);
    using changed = await this.#capture(prompts.corrupt, prompts);
    using shown = which === "clean" ? await this.#capture(prompts.clean, prompts) : undefined;
    const pictures = await this.#pictures(
      shown ?? changed,
      which === "clean" ? prompts.clean : prompts.corrupt,
      prompts,
    );
    void hooks;
    return {
      metric: { clean: clean.metric, corrupt: corrupt.metric, changed: changed.metric },
      counts: {
        clean: model.tokenIds(prompts.clean).length,
        corrupt: model.tokenIds(prompts.corrupt).length,
      },
      prediction: (shown ?? changed).prediction,
      pictures,
      tensors: before,
    };
  }

  async #pictures(run: Run, text: string, prompts: Prompts): Promise<Readonly<Record<string, Description>>> {
    const model = this.#loaded;
    const tokens = model.tokenLabels(text);
    const source = { model: this.#name, prompt: text };
    const layers = model.config.blocks.length;
    const logits = (resid: Tensor): Tensor =>
      tidy(() => model.unembed.call(model.ln_final === undefined ? resid : model.ln_final.call(resid)));
    const follow = [prompts.answer, prompts.wrong].map((word) => oneToken(model, word));
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
      lens: lens(
        await lens.read(run.cache, { tokens, source, logits, token: (id) => model.decode([id]), follow }),
      ),
      distribution: distribution(
        await distribution.read(run.cache, {
          tokens,
          source,
          paths: range(layers).map((layer) => `blocks.${layer}.hook_resid_pre`),
        }),
      ),
      components: components(await this.#components(text, prompts)),
      sites: tree(tree.read(model)),
    };
  }

  /** What each head, and what is not a head, adds to the metric: direct logit attribution. */
  async #components(text: string, { answer, wrong }: Prompts): Promise<Parameters<typeof components>[0]> {
    const model = this.#loaded;
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
        source: { model: this.#name, prompt: text },
      };
    } finally {
      ids.dispose();
    }
  }

  /** One run with everything captured. */
  async #capture(text: string, prompts: Prompts): Promise<Run> {
    const model = this.#loaded;
    using hooked = new ActivationCaching(SITES).prepare(model);
    const ids = model.tokens(text);
    const logits = hooked.call(ids);
    ids.dispose();
    const cache = hooked.takeCache();
    const [metric, last] = tidy(() => [this.#metric(logits, prompts), lastRow(logits)]);
    logits.dispose();
    try {
      const [value = Number.NaN] = await metric.data();
      const row = [...(await last.data())];
      const prediction = model.decode([row.indexOf(Math.max(...row))]);
      return { cache, metric: value, prediction, [Symbol.dispose]: () => cache[Symbol.dispose]() };
    } finally {
      metric.dispose();
      last.dispose();
    }
  }

  /** Logit of the answer minus logit of the wrong token, at the last position. */
  #metric(logits: Tensor, prompts: Prompts): Tensor {
    const model = this.#loaded;
    return tidy(() => {
      const row = lastRow(logits);
      const pick = (word: string): Tensor => reshape(slice(row, [oneToken(model, word)], [1]), []);
      return sub(pick(prompts.answer), pick(prompts.wrong));
    });
  }

  /** Directions of the steering deeds. */
  #ground(source: TensorDict, deeds: readonly Deed[]): Ground & Disposable {
    const model = this.#loaded;
    const vectors = new Map<Deed, Tensor>();
    for (const deed of deeds) {
      if (deed.kind !== "steer" || deed.off === true) continue;
      const at = (text: string): Tensor => {
        using hooked = new ActivationCaching(`blocks.${deed.layer}.hook_resid_pre`).prepare(model);
        const ids = model.tokens(text, { unknown: "allow" });
        hooked.call(ids).dispose();
        ids.dispose();
        return hooked.cache.get<Tensor>(["fwd", `blocks.${deed.layer}.hook_resid_pre`]).clone();
      };
      const [plus, minus] = [at(deed.plus), at(deed.minus)];
      vectors.set(deed, difference(plus, minus));
      plus.dispose();
      minus.dispose();
    }
    return {
      source,
      vectors,
      [Symbol.dispose]: () => {
        for (const vector of vectors.values()) vector.dispose();
      },
    };
  }

  /** Patches each layer and position, or head, of the corrupt run from the clean one. */
  async sweep({ prompts, over }: Ops["sweep"]["args"], progress: Progress): Promise<Description> {
    const model = this.#loaded;
    checkLengths(model, prompts);
    using clean = await this.#capture(prompts.clean, prompts);
    using corrupt = await this.#capture(prompts.corrupt, prompts);
    const [layers, columns] = [model.config.blocks.length, this.#columns(prompts, over)];
    const values: number[] = [];
    for (const layer of range(layers)) {
      for (const column of columns.keys()) {
        await progress(values.length, layers * columns.length);
        values.push(await this.#patched(prompts, clean.cache, [layer, column], over));
      }
    }
    await progress(values.length, layers * columns.length);
    return patching({
      ...this.#table(prompts, over, columns),
      values,
      from: corrupt.metric,
      to: clean.metric,
    });
  }

  async #patched(
    prompts: Prompts,
    source: TensorDict,
    [layer, column]: readonly [number, number],
    over: "position" | "head",
  ): Promise<number> {
    const model = this.#loaded;
    const site = over === "head" ? "attn.hook_z" : "hook_resid_pre";
    const where = over === "head" ? { heads: column } : { positions: column };
    using hooked = new ActivationPatching(`blocks.${layer}.${site}`, { source, ...where }).prepare(model);
    const ids = model.tokens(prompts.corrupt);
    const value = tidy(() => this.#metric(hooked.call(ids), prompts));
    ids.dispose();
    try {
      return (await value.data())[0] ?? Number.NaN;
    } finally {
      value.dispose();
    }
  }

  #columns(prompts: Prompts, over: "position" | "head"): readonly string[] {
    return over === "head"
      ? range(this.#heads).map((head) => `head ${head}`)
      : this.#loaded.tokenLabels(prompts.corrupt);
  }

  #table(
    prompts: Prompts,
    over: "position" | "head",
    columns: readonly string[],
  ): Omit<Parameters<typeof patching>[0], "values" | "from" | "to"> {
    const site = over === "head" ? "attn.hook_z" : "hook_resid_pre";
    return {
      title: `Patching ${site}`,
      layers: range(this.#loaded.config.blocks.length),
      columns,
      over,
      metric: `logit of ${prompts.answer} − ${prompts.wrong}`,
      source: { model: this.#name, prompt: prompts.corrupt },
    };
  }

  /** Attribution patching (Nanda 2023): what one backward pass estimates of all patches. */
  async attribute({ prompts, over }: Ops["attribute"]["args"], progress: Progress): Promise<Description> {
    const model = this.#loaded;
    checkLengths(model, prompts);
    await progress(0, 1);
    using clean = await this.#capture(prompts.clean, prompts);
    const site = over === "head" ? "attn.hook_z" : "hook_resid_pre";
    using hooked = new ActivationCaching(`blocks.*.${site}`, { directions: ["fwd", "bwd"] }).prepare(model);
    const ids = model.tokens(prompts.corrupt);
    hooked.backward(() => this.#metric(model.call(ids), prompts));
    ids.dispose();
    using corrupt = await this.#capture(prompts.corrupt, prompts);
    const values: number[] = [];
    for (const layer of range(model.config.blocks.length)) {
      const path = `blocks.${layer}.${site}`;
      const row = tidy(() => {
        const change = sub(clean.cache.get<Tensor>(["fwd", path]), hooked.cache.get<Tensor>(["fwd", path]));
        return sum(
          mul(change, hooked.cache.get<Tensor>(["bwd", path])),
          over === "head" ? [0, 1, 3] : [0, 2],
        );
      });
      values.push(...(await row.data()));
      row.dispose();
    }
    await progress(1, 1);
    const columns = this.#columns(prompts, over);
    return patching({
      ...this.#table(prompts, over, columns),
      title: `Attribution of ${site}`,
      values,
      isChange: true,
      from: corrupt.metric,
      to: clean.metric,
    });
  }

  /** Continues a prompt, with everything that is done in force; each step is told as it comes. */
  async generate(
    { prompt, deeds, prompts, count }: Ops["generate"]["args"],
    progress: Progress,
  ): Promise<Description> {
    const model = this.#loaded;
    using clean = await this.#capture(prompts.clean, prompts);
    using ground = this.#ground(clean.cache, deeds);
    using hooks = perform(model, deeds, ground);
    void hooks;
    let data: StreamData = { steps: [], title: "Generation", source: { model: this.#name, prompt } };
    const ids = model.tokenIds(prompt, { unknown: "allow" });
    for await (const { rows, step } of generate(model, [ids], { maxNewTokens: count })) {
      const [row = []] = rows;
      data = stream.grow(data, { step: await this.#step(row.slice(0, ids.length + step), row.at(-1) ?? 0) });
      await progress(step + 1, count, stream(data));
    }
    return stream(data);
  }

  /** What the model held likely before a token. */
  async #step(before: readonly number[], token: number): Promise<StreamStep> {
    const model = this.#loaded;
    const input = tensor2d([[...before]], [1, before.length], "int32");
    const p = tidy(() => softmax(lastRow(model.call(input))));
    input.dispose();
    const values = [...(await p.data())];
    p.dispose();
    const best = range(values.length)
      .sort((one, other) => (values[other] ?? 0) - (values[one] ?? 0))
      .slice(0, 5);
    return {
      token: model.decode([token]),
      p: values[token] ?? Number.NaN,
      top: best.map((id) => [model.decode([id]), values[id] ?? 0] as const),
    };
  }
}

interface Run extends Disposable {
  readonly cache: TensorDict;
  readonly metric: number;
  readonly prediction: string;
}

/** Logits at the last position, `[vocabulary]`. */
function lastRow(logits: Tensor): Tensor {
  const [, pos = 1, vocabulary = 0] = logits.shape;
  return reshape(slice(logits, [0, pos - 1, 0], [1, 1, vocabulary]), [vocabulary]);
}

/** The token as written or, for tokenizers whose words begin with a space, after one. */
function oneToken(model: Transformer, text: string): number {
  const [id, ...others] = model.tokenIds(` ${text.trim()}`, { prependBos: false, unknown: "allow" });
  const isWhole = id !== undefined && others.length === 0 && model.decode([id]).trim() === text.trim();
  return isWhole ? id : model.singleToken(text);
}

function checkLengths(model: Transformer, { clean, corrupt }: Prompts): void {
  const [one, other] = [model.tokenIds(clean).length, model.tokenIds(corrupt).length];
  if (one !== other)
    throw new Error(
      `The clean prompt has ${one} tokens and the corrupt one ${other}: patching needs equally many.`,
    );
}
