import { loadBackend, type LoadedBackend, type WasmLocation } from "@hookdict/backends";
import { ActivationCaching } from "@hookdict/latent";
import { loadModel, type Transformer } from "@hookdict/models";
import { openCheckpoint } from "@hookdict/tensordict/io";
import { type Description, type LensData, type MatrixWindow, windowOf } from "@hookdict/viz";
import { backend as activeBackend, memory, type Tensor } from "@tensorflow/tfjs-core";
import type { Card, Look, ModelSource, Ops, Reply, Sent } from "../messages.ts";
import { capturedOf } from "./captured.ts";
import { perform, specOf } from "./deeds.ts";
import { fileOf } from "./file.ts";
import { type Limits, warningOf } from "./fit.ts";
import { Generation } from "./generation.ts";
import { capture, groundOf, type Lab, measure, PATCHED, PICTURED, withTokens } from "./lab.ts";
import { compared, lensOf, picturesOf } from "./pictures.ts";
import { Shelf } from "./shelf.ts";
import { attribute, circuit, sweep } from "./sweeps.ts";
import { fetchModel } from "./weights.ts";

/** What a long computation tells, and whether it goes on: it throws where it was cancelled. */
export type Progress = (done: number, total: number, picture?: Description) => Promise<void>;

/** What WebAssembly can hold. */
const MOST = 4 * 1024 ** 3;

/** The model, and everything that is done with it. */
export class Experiment {
  readonly #tell: (reply: Reply) => void;
  #backend: LoadedBackend | undefined;
  #builtIn: Ops["start"]["args"]["model"] = "";
  #lab: Lab | undefined;
  #warnings: readonly string[] = [];
  #isForced = false;
  #why = "";
  #generation = new Generation();
  readonly #shelf = new Shelf();
  #lens: LensData | undefined;
  #pinned: LensData | undefined;

  constructor(tell: (reply: Reply) => void) {
    this.#tell = tell;
  }

  async start({ backend, why, wasm, model }: Ops["start"]["args"]): Promise<Ops["start"]["result"]> {
    this.#builtIn = model;
    this.#isForced = backend !== undefined;
    this.#why = why ?? "it was chosen here";
    const options = {
      wasmPath: wasm as WasmLocation,
      onDeviceLost: (error: Error) => this.#tell({ lost: error.message }),
    };
    this.#backend = await loadBackend(backend === undefined ? options : { ...options, backend });
    return { name: this.#backend.name, reason: this.#reason };
  }

  get #reason(): string {
    const tried = (this.#backend?.tried ?? []).filter(({ name }) => !name.startsWith("tfjs-node"));
    if (this.#isForced) return this.#why;
    return tried.length === 0
      ? (this.#backend?.reason ?? "")
      : tried.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  }

  /** What the backend can hold; a device tells how large its buffers may be. */
  get #limits(): Limits {
    const { device } = activeBackend() as {
      readonly device?: { readonly limits?: { maxBufferSize?: number } };
    }; // WebGPU's has one
    const name = this.#backend?.name ?? "";
    return { backend: name, tensor: device?.limits?.maxBufferSize ?? Infinity, total: MOST };
  }

  async load(source: ModelSource, progress: Progress): Promise<Card> {
    const location = await this.#locate(source, progress);
    const model = await loadModel<Transformer>(location);
    const name = source.kind === "url" ? source.url : source.kind === "files" ? "dropped files" : "ioi-tiny";
    const lab = { model, name, heads: headsOf(model) };
    // What cannot be used has been refused above: until then the model before it is there.
    this.#lab?.model[Symbol.dispose]();
    this.#lab = lab;
    this.#generation = new Generation();
    this.#shelf.clear();
    this.#lens = undefined;
    this.#pinned = undefined;
    return this.#card(this.#lab);
  }

  /** Where a model's files are, when they are known to fit. */
  async #locate(source: ModelSource, progress: Progress): Promise<Parameters<typeof loadModel>[0]> {
    this.#warnings = [];
    const builtIn = this.#builtIn;
    if (source.kind === "files") {
      const names = source.files.map(({ name }) => name);
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice !== undefined)
        throw new Error(`Two of the files are called ${JSON.stringify(twice)}: give those of one model.`);
      // Whatever else is wrong with a folder, is told first by what it lacks.
      if (!source.files.some(({ name }) => name === "config.json")) return source.files;
      await using weights = await openCheckpoint(source.files);
      this.#warn(warningOf(weights, this.#limits));
      return source.files;
    }
    if (source.kind === "built-in" && typeof builtIn !== "string") return builtIn;
    const address = source.kind === "url" ? source.url : (builtIn as string); // else it was returned above
    return fetchModel(address, {
      tell: this.#tell,
      progress: source.kind === "url" ? progress : () => Promise.resolve(),
      limits: this.#limits,
      warn: (warning) => this.#warn(warning),
    });
  }

  #warn(warning: string): void {
    if (warning === "") return;
    this.#warnings = [...this.#warnings, warning];
    this.#tell({ warning }); // the card comes when all is loaded
  }

  #card({ model, name, heads }: Lab): Card {
    const { config } = model;
    return {
      name,
      family: config.modelType,
      layers: config.blocks.length,
      heads,
      dModel: config.dModel,
      vocabulary: config.dVocab,
      bytes: memory().numBytes,
      backend: this.#backend?.name ?? "",
      reason: this.#reason,
      tensors: memory().numTensors,
      warnings: [...(this.#backend?.warnings ?? []), ...this.#warnings],
    };
  }

  get #loaded(): Lab {
    if (this.#lab === undefined) throw new Error("No model is loaded yet.");
    return this.#lab;
  }

  /** Both prompts, the metric with and without what is done, and the pictures of one of them as it then is. */
  async look({ prompts, deeds, which }: Ops["look"]["args"]): Promise<Look> {
    const lab = this.#loaded;
    const before = memory().numTensors;
    using clean = await capture(lab, prompts.clean, prompts, PATCHED);
    const corrupt = await measure(lab, prompts.corrupt, prompts);
    using ground = groundOf(lab, clean.cache, deeds);
    using hooks = perform(lab.model, deeds, ground);
    const changed = which === "clean" ? await measure(lab, prompts.corrupt, prompts) : undefined;
    const text = which === "clean" ? prompts.clean : prompts.corrupt;
    using shown = await capture(lab, text, prompts, PICTURED);
    this.#lens = await lensOf(lab, shown, text, prompts);
    const own = compared(this.#lens, this.#pinned);
    // What is held of the run before is let go first: both together may be more than there is room for.
    this.#shelf.clear((place) => place.startsWith("look "));
    const pictures = await picturesOf(lab, shown, text, prompts, own);
    const captured = await capturedOf(lab, hooks.captures(), text);
    const all = { ...pictures, ...(captured !== undefined && { captured }) };
    const sent = Object.entries(all).map(([name, d]) => [name, this.#shelf.keep(`look ${name}`, d)] as const);
    return {
      metric: { clean: clean.metric, corrupt, changed: changed ?? shown.metric },
      tokens: {
        clean: lab.model.tokenLabels(prompts.clean),
        corrupt: lab.model.tokenLabels(prompts.corrupt),
      },
      prediction: shown.prediction,
      pictures: Object.fromEntries(sent),
      tensors: before,
      held: this.#shelf.bytes,
    };
  }

  /** What was typed as a spec, if it is one that can be done here. */
  spec({ text }: Ops["spec"]["args"]): Promise<Ops["spec"]["result"]> {
    return Promise.resolve(specOf(this.#loaded.model, text));
  }

  /** Keeps the last run's lens, which later ones are drawn beside. */
  pin(): void {
    this.#pinned = this.#lens;
  }

  async sweep({ prompts, over }: Ops["sweep"]["args"], progress: Progress): Promise<Sent> {
    return this.#shelf.keep(`sweep ${over}`, await sweep(this.#loaded, prompts, over, progress));
  }

  async attribute({ prompts, over }: Ops["attribute"]["args"], progress: Progress): Promise<Sent> {
    return this.#shelf.keep(`attribute ${over}`, await attribute(this.#loaded, prompts, over, progress));
  }

  async circuit({ prompts }: Ops["circuit"]["args"], progress: Progress): Promise<Sent> {
    return this.#shelf.keep("circuit", await circuit(this.#loaded, prompts, progress));
  }

  async generate(args: Ops["generate"]["args"], progress: Progress): Promise<Sent> {
    return this.#shelf.keep("generation", await this.#generation.go(this.#loaded, args, progress));
  }

  /** A part of a picture that is held. It waits for nothing, and nothing waits for it. */
  window({ handle, request }: Ops["window"]["args"]): MatrixWindow {
    return windowOf(this.#shelf.get(handle), request);
  }

  /** A picture that is held as an exact file. */
  file({ handle, kind }: Ops["file"]["args"], progress: Progress): Promise<Blob> {
    return fileOf(this.#shelf.get(handle), kind, progress);
  }
}

/** Heads as they are at the sites: families name them in several ways. **Ownership:** takes a model that it cannot run. */
function headsOf(model: Transformer): number {
  try {
    using hooked = new ActivationCaching("blocks.0.attn.hook_z").prepare(model);
    withTokens(model, "a", (ids) => hooked.call(ids), { unknown: "allow" }).dispose();
    return hooked.cache.get<Tensor>(["fwd", "blocks.0.attn.hook_z"]).shape[2] ?? 0;
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}
