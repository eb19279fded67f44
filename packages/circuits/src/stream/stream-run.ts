import { compilePattern, type Hookable, resolveTarget } from "@hookdict/core";
import { runWithCache } from "@hookdict/contexts";
import type { Transformer } from "@hookdict/models";
import { argumentInvalid, checkArgument, isTensor, type TensorDict, typeName } from "@hookdict/tensordict";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { checkDict } from "../arguments.ts";
import { captureMissing, modelUnfit, streamNoSum } from "../errors.ts";

/** A run whose captures are looked into: what every function on the residual stream takes. Both are *borrowed*. */
export interface StreamRun {
  readonly model: Transformer;
  /** Captures by `["fwd", path]`. */
  readonly cache: TensorDict;
}

/** A {@link StreamRun} that owns its cache. */
export interface OwnedStreamRun extends StreamRun, Disposable {
  /** float32 `[batch, pos, dVocab]`, owned by the run. */
  readonly logits: Tensor;
}

/** The sites that decompositions read: the stream, its norms' scales, what layers add, and their heads and neurons. */
export const STREAM_SITES: readonly string[] = [
  "hook_{embed,pos_embed,token_type_embed}",
  "blocks.*.hook_{resid_pre,resid_mid,resid_post,attn_out,mlp_out}",
  "blocks.*.attn.hook_z",
  "blocks.*.mlp.hook_post",
  "blocks.*.{ln1,ln2,ln1_post,ln2_post}.hook_scale",
  "ln_final.hook_scale",
];

const READ = compilePattern([...STREAM_SITES]);

/**
 * Runs a transformer and captures what decompositions of its residual stream read.
 *
 * **Ownership:** *borrows* the tokens; *returns owned*: disposing it frees captures and logits.
 *
 * @param tokens int32 `[batch, pos]`
 * @throws UsageError `CIRCUIT_MODEL`, `STREAM_NO_SUM`; what the model throws.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const tokens = model.tokens("When Mary and John");
 * using run = captureStream(model, tokens);
 * run.logits.shape; // => [1, 5, 103]
 * tokens.dispose();
 */
export function captureStream(model: Hookable, tokens: Tensor2D): OwnedStreamRun {
  const transformer = transformerOf(model, "captureStream");
  checkStream(transformer);
  const { output, cache } = runWithCache(model as Hookable<[Tensor2D], Tensor>, [tokens], {
    names: (site) => READ.matches(site), // no family has all
  });
  return {
    model: transformer,
    cache,
    logits: output,
    [Symbol.dispose]() {
      cache.dispose();
      output.dispose();
    },
  };
}

/**
 * The transformer itself, of a model that may be hooked.
 *
 * @throws UsageError `CIRCUIT_MODEL`
 */
export function transformerOf(model: Hookable, what: string): Transformer {
  const candidate: unknown = model;
  const isHookable = typeof candidate === "object" && candidate !== null && "hookTarget" in candidate;
  const found: unknown = isHookable ? resolveTarget(model).model : candidate;
  if (isTransformer(found)) return found;
  throw modelUnfit(what, typeName(found));
}

/** Told by what is used of it: two copies of the package may be loaded. */
export function isTransformer(value: unknown): value is Transformer {
  if (typeof value !== "object" || value === null || !("withCache" in value) || !("config" in value))
    return false;
  const { config } = value;
  return typeof config === "object" && config !== null && "blocks" in config && "head" in config;
}

/** Refuses what is no run with captures. @throws UsageError `ARGUMENT_INVALID` */
export function checkRun(what: string, run: StreamRun): void {
  checkArgument(what, "run", run, "a record");
  if (!isTransformer(run.model))
    throw argumentInvalid(what, "run.model", run.model, "what captureStream gives: { model, cache }");
  checkDict(what, "run.cache", run.cache);
}

/**
 * That the stream of a model is the sum of what its parts add.
 *
 * @throws UsageError `STREAM_NO_SUM`
 */
export function checkStream({ config }: Transformer): void {
  if (config.blocks.some(({ order }) => order === "post"))
    throw streamNoSum(config.modelType, "norms follow each sum and change it");
  if (config.blocks.some(({ isResidualNormed }) => isResidualNormed === true))
    throw streamNoSum(config.modelType, "the stream goes on from the outputs of norms");
}

/** A capture. **Ownership:** *borrowed*. @throws MatchError `CAPTURE_MISSING` */
export function capturedAt({ cache }: StreamRun, path: string): Tensor {
  const found: unknown = cache.get(["fwd", path], undefined);
  if (isTensor(found)) return found;
  throw captureMissing(path, [...cache.keys({ nested: true, leavesOnly: true })].length);
}

/** Whether there is a capture. */
export function hasCapture({ cache }: StreamRun, path: string): boolean {
  return cache.has(["fwd", path]);
}
