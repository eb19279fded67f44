import {
  counted,
  argumentInvalid,
  checkArgument,
  isPlainRecord,
  isTensor,
  showAsText,
} from "@hookdict/tensordict";
import {
  type DirectoryLocation,
  DTYPES,
  openDirectory,
  openFile,
  openSafetensors,
  readJson,
  type TensorStore,
} from "@hookdict/tensordict/io";
import { keep, type Tensor } from "@tensorflow/tfjs-core";
import { parsePeftConfig, patternValue, type PeftConfig } from "./config.ts";
import { adapterTensors } from "./errors.ts";

const CONFIG = "adapter_config.json";
const TENSORS = "adapter_model.safetensors";

/** `base_model.model.` stands before the model's own names; older files have the adapter's name behind the part's. */
const NAME =
  /^(?:base_model\.model\.)?(.+)\.(lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector|base_layer)(?:\.default)?(?:\.weight)?$/;

/** The low-rank adapter of one module, as PEFT stores it. */
export interface PeftModule {
  /** `[r, in]` */
  readonly a: Tensor;
  /** `[out, r]` */
  readonly b: Tensor;
  /** `[out]` */
  readonly magnitude: Tensor | undefined;
  /** The module's own weight, which PEFT saves of embeddings and unembeddings: that of the model must be the same. */
  readonly base: Tensor | undefined;
  /** Whether the module is an embedding, whose rows count as inputs. */
  readonly isEmbedding: boolean;
  readonly alpha: number;
  readonly isRankStabilized: boolean;
}

/** An adapter that `loadPeftAdapter` has read. **Ownership:** owns its tensors, until it is disposed. */
export class PeftAdapter {
  static {
    showAsText(this);
  }

  /** Where it was read from, for messages. */
  readonly name: string;
  /** Its modules by their names in the checkpoint. *Borrowed* to you. */
  readonly modules: ReadonlyMap<string, PeftModule>;

  /** @internal */
  constructor(name: string, modules: ReadonlyMap<string, PeftModule>) {
    checkArgument("PeftAdapter", "name", name, "text");
    if (!(modules instanceof Map) || ![...modules.values()].every(isModule))
      throw argumentInvalid("PeftAdapter", "modules", modules, "what loadPeftAdapter reads");
    this.name = name;
    this.modules = modules;
  }

  get isDisposed(): boolean {
    return [...this.modules.values()].some(({ a }) => a.isDisposed);
  }

  toString(): string {
    return `PeftAdapter of ${counted(this.modules.size, "module")} from ${this.name}`;
  }

  /** Frees the tensors; twice is nothing. */
  dispose(): void {
    for (const { a, b, magnitude, base } of this.modules.values())
      for (const each of [a, b, magnitude, base]) each?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function isModule(value: unknown): boolean {
  if (!isPlainRecord(value)) return false;
  const { a, b, magnitude, base } = value;
  return [a, b, magnitude ?? a, base ?? a].every((each) => isTensor(each));
}

/** Parts of one module's adapter, as they are found. */
type Parts = Partial<Record<"a" | "b" | "magnitude" | "base", string>> & { isEmbedding?: boolean };

/**
 * Reads an adapter that PEFT has saved: `adapter_config.json` and `adapter_model.safetensors`, of LoRA, rsLoRA or DoRA. Both
 * are checked before a tensor is read.
 *
 * **Ownership:** *returns owned*. When loading fails, nothing stays behind.
 *
 * @param location A path (Node), a base URL, `File`s, or byte arrays by name.
 * @throws FormatError `ADAPTER_CONFIG`, `ADAPTER_TENSORS`, `FILE_NOT_FOUND`, `JSON_*`, `SAFETENSORS_*`
 * @example no-run
 * using adapter = await loadPeftAdapter("./my-adapter");
 * using adapted = new PeftAdaptation({ adapter }).prepare(model);
 */
export async function loadPeftAdapter(location: DirectoryLocation): Promise<PeftAdapter> {
  const directory = openDirectory(location);
  const config = parsePeftConfig(await readJson(directory, CONFIG), `${directory.name}/${CONFIG}`);
  await using store = await openSafetensors(await openFile(directory, TENSORS));
  const found = partsIn(store);
  for (const [module, parts] of found) checkParts(store, module, parts, config);
  const modules = new Map<string, PeftModule>();
  try {
    for (const [module, parts] of found) modules.set(module, await read(store, module, parts, config));
    return new PeftAdapter(directory.name, modules);
  } catch (error) {
    new PeftAdapter(directory.name, modules).dispose();
    throw error;
  }
}

const KEYS: Readonly<Record<string, "magnitude" | "base">> = {
  lora_magnitude_vector: "magnitude",
  base_layer: "base",
};

/** @throws FormatError `ADAPTER_TENSORS` */
function partsIn(store: TensorStore): ReadonlyMap<string, Parts> {
  const found = new Map<string, Parts>();
  for (const { name, dtype } of store.entries.values()) {
    const [, module, part = ""] = NAME.exec(name) ?? [];
    if (module === undefined) throw adapterTensors(store.name, name, "is no part of a low-rank adapter");
    if (DTYPES[dtype].host !== "float32") throw adapterTensors(store.name, name, `has the dtype ${dtype}`);
    const parts = found.get(module) ?? {};
    const key = KEYS[part] ?? (part.endsWith("A") ? "a" : "b");
    if (parts[key] !== undefined) throw adapterTensors(store.name, name, `is there as ${parts[key]}, too`);
    parts[key] = name;
    if (part.includes("embedding")) parts.isEmbedding = true;
    found.set(module, parts);
  }
  if (found.size === 0) throw adapterTensors(store.name, "the file", "has no tensors");
  return found;
}

/** @throws FormatError `ADAPTER_TENSORS` */
function checkParts(store: TensorStore, module: string, parts: Parts, config: PeftConfig): void {
  const rank = patternValue(config.rankPattern, module) ?? config.rank;
  const shapeOf = (part: "a" | "b" | "magnitude"): readonly number[] => {
    const name = parts[part];
    if (name === undefined) throw adapterTensors(store.name, module, `has no ${NAMES[part]}`);
    return store.entries.get(name)?.shape ?? [];
  };
  const [a, b] = [shapeOf("a"), shapeOf("b")];
  if (a.length !== 2 || a[0] !== rank || b.length !== 2 || b[1] !== rank)
    throw adapterTensors(
      store.name,
      module,
      `has [${a.join(", ")}] and [${b.join(", ")}], where the rank ${rank} wants [${rank}, in] and [out, ${rank}]`,
    );
  if (parts.isEmbedding === true && config.hasMagnitudes)
    throw adapterTensors(store.name, module, "is an embedding, which has no magnitudes here");
  if (!config.hasMagnitudes && parts.magnitude !== undefined)
    throw adapterTensors(store.name, parts.magnitude, "is a magnitude, and the config has no use_dora");
  if (config.hasMagnitudes && shapeOf("magnitude").join() !== String(b[0]))
    throw adapterTensors(
      store.name,
      module,
      `has magnitudes [${shapeOf("magnitude").join(", ")}] for ${b[0]} outputs`,
    );
}

const NAMES = { a: "lora_A", b: "lora_B", magnitude: "lora_magnitude_vector" } as const;

async function read(
  store: TensorStore,
  module: string,
  parts: Parts,
  config: PeftConfig,
): Promise<PeftModule> {
  const tensors: Tensor[] = [];
  const get = async (name: string): Promise<Tensor> => {
    const tensor = keep(await store.tensor(name));
    tensors.push(tensor);
    return tensor;
  };
  try {
    return {
      a: await get(parts.a ?? ""), // checked
      b: await get(parts.b ?? ""),
      magnitude: parts.magnitude === undefined ? undefined : await get(parts.magnitude),
      base: parts.base === undefined ? undefined : await get(parts.base),
      isEmbedding: parts.isEmbedding === true,
      alpha: patternValue(config.alphaPattern, module) ?? config.alpha,
      isRankStabilized: config.isRankStabilized,
    };
  } catch (error) {
    for (const each of tensors) each.dispose();
    throw error;
  }
}
