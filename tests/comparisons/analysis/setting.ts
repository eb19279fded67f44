import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { captureStream, type OwnedStreamRun } from "@hookdict/circuits";
import { loadModel, type Transformer } from "@hookdict/models";
import { getBackend, type Tensor, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";

/** One prompt pair of `analysis/reference.json`. */
export interface PromptPair {
  readonly clean: string;
  readonly corrupt: string;
  readonly right: string;
  readonly wrong: string;
  readonly clean_ids: readonly number[];
  readonly corrupt_ids: readonly number[];
  readonly clean_metric: number;
  readonly corrupt_metric: number;
  /** By key without the pair's number. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

/** What a key says after the name of its table: `layer=2/mid=True/no_embeds`. */
export type Params = Readonly<Record<string, string>>;

/** A value that ours gives for a key. **Ownership:** the values are the receiver's. */
export interface Found {
  readonly values: Tensor;
  readonly labels?: readonly string[] | undefined;
}

/** Computes what a key names, `undefined` where nothing does; `shape` is that of the reference. */
export type Answer = (
  pair: Pair,
  params: Params,
  shape: readonly number[],
) => Promise<Found> | Found | undefined;

/** The folder of the model that values were computed with: beside them, or the example's. */
export function modelFolder(folder: string, name = "ioi-tiny"): string {
  const beside = join(folder, "models", name);
  if (existsSync(join(beside, "config.json"))) return beside;
  return fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));
}

/** A prompt pair with the model and what is computed once for all of its keys. */
export class Pair {
  readonly about: PromptPair;
  readonly all: Analysis;
  readonly #owned: { dispose(): void }[] = [];
  #run: OwnedStreamRun | undefined;
  readonly #memo = new Map<string, unknown>();

  constructor(about: PromptPair, all: Analysis) {
    this.about = about;
    this.all = all;
  }

  get model(): Transformer {
    return this.all.model;
  }

  get clean(): Tensor2D {
    return this.once("clean", () => this.own(tokens(this.about.clean_ids)));
  }

  get corrupt(): Tensor2D {
    return this.once("corrupt", () => this.own(tokens(this.about.corrupt_ids)));
  }

  get right(): number {
    return this.model.tokenizer.single(this.about.right);
  }

  get wrong(): number {
    return this.model.tokenizer.single(this.about.wrong);
  }

  /** The clean prompt's run. */
  get run(): OwnedStreamRun {
    this.#run ??= captureStream(this.model, this.clean);
    return this.#run;
  }

  once<T>(name: string, make: () => T): T {
    if (!this.#memo.has(name)) this.#memo.set(name, make());
    return this.#memo.get(name) as T; // stored under the name
  }

  own<T extends { dispose(): void }>(value: T): T {
    this.#owned.push(value);
    return value;
  }

  dispose(): void {
    this.#run?.[Symbol.dispose]();
    for (const each of this.#owned) each.dispose();
  }
}

/** The model and the prompt pairs of one folder of values, on one backend. */
export class Analysis {
  readonly model: Transformer;
  readonly pairs: readonly Pair[];
  readonly folder: string;

  private constructor(model: Transformer, pairs: readonly PromptPair[], folder: string) {
    this.model = model;
    this.folder = folder;
    this.pairs = pairs.map((about) => new Pair(about, this));
  }

  static async open(folder: string): Promise<Analysis> {
    const text = readFileSync(join(folder, "analysis/reference.json"), "utf8");
    const { cases } = JSON.parse(text) as { readonly cases: readonly PromptPair[] };
    return new Analysis(await loadModel(modelFolder(folder)), cases, folder);
  }

  dispose(): void {
    for (const pair of this.pairs) pair.dispose();
    this.model.dispose();
  }
}

const opened = new Map<string, Promise<Analysis>>();

/** What the keys of a folder share. */
export function analysisOf(folder: string): Promise<Analysis> {
  const name = `${getBackend()} ${folder}`;
  const known = opened.get(name) ?? Analysis.open(folder);
  opened.set(name, known);
  return known;
}

/** Frees what the keys share. */
export async function releaseAnalyses(): Promise<void> {
  for (const each of opened.values()) (await each).dispose();
  opened.clear();
}

function tokens(ids: readonly number[]): Tensor2D {
  return tensor2d([...ids], [1, ids.length], "int32");
}
