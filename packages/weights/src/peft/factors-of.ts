import { type HookTarget, isEdited, type StoredWeight } from "@hookdict/core";
import { nearestNames } from "@hookdict/tensordict";
import { abs, clone, gather, max, sub, type Tensor, tensor1d, tidy, transpose } from "@tensorflow/tfjs-core";
import type { LowRankFactors } from "../low-rank/factors.ts";
import { adapterBase, adapterModule, adapterShared, adapterTensors } from "./errors.ts";
import type { PeftAdapter, PeftModule } from "./peft-adapter.ts";

/**
 * What an adapter is to the weights of a model, by their paths. Models from checkpoints know what became of the checkpoint's
 * tensors: a fused matrix is several, stored either way round. Other models have modules of the adapter's names.
 *
 * **Ownership:** *borrows* the adapter; the factors belong to the scope.
 *
 * @throws MatchError `ADAPTER_MODULE`; UsageError `ADAPTER_SHARED`, `ADAPTER_BASE`
 */
export function factorsOf(adapter: PeftAdapter, target: HookTarget): Record<string, LowRankFactors> {
  const stored = target.storedWeights();
  const found: Record<string, LowRankFactors> = {};
  for (const [module, parts] of adapter.modules) {
    const weight = storedOf(stored, module);
    if (weight?.isShared === true) throw adapterShared(adapter.name, module);
    if (weight === undefined) {
      const path = kernelOf(target, adapter.name, module);
      checkBase(adapter.name, module, parts, { path, target });
      found[path] = factors(parts, undefined, false);
    } else {
      const isFlipped = weight.layout === "plain" && !parts.isEmbedding;
      if (isFlipped && parts.magnitude !== undefined)
        throw adapterTensors(adapter.name, module, "has magnitudes, for a matrix that is kept [out, in]");
      for (const { path, outputs } of weight.parts) {
        checkBase(adapter.name, module, parts, { path, target, outputs, isFlipped });
        found[path] = factors(parts, outputs, isFlipped);
      }
    }
  }
  return found;
}

/** How far a weight may be from the saved one: other files may hold it rounded to bfloat16. */
const ROUNDING = 2 ** -8;

/** @throws UsageError `ADAPTER_BASE` */
function checkBase(
  adapter: string,
  module: string,
  { base, isEmbedding }: PeftModule,
  of: {
    readonly path: string;
    readonly target: HookTarget;
    readonly outputs?: readonly number[] | undefined;
    readonly isFlipped?: boolean;
  },
): void {
  const weight = of.target.weights().find(({ path }) => path === of.path);
  if (base === undefined || weight === undefined || isEdited(weight.tensor)) return; // edits below are meant
  const isSame = tidy(() => {
    const rows = pick(base, of.outputs);
    const saved = isEmbedding || of.isFlipped === true ? rows : transpose(rows);
    if (saved.shape.join() !== weight.shape.join()) return false;
    const [apart = Number.NaN, size = 0] = [sub(saved, weight.tensor), saved].map(
      (each) => max(abs(each)).dataSync()[0],
    );
    return apart <= ROUNDING * size;
  });
  if (!isSame) throw adapterBase(adapter, module);
}

/** The checkpoint's tensor of a module, by its name there with or without what stands before it. */
function storedOf(stored: readonly StoredWeight[], module: string): StoredWeight | undefined {
  const name = `${module}.weight`;
  const exact = stored.find((each) => each.name === name);
  if (exact !== undefined) return exact;
  const ending = stored.filter((each) => each.name.endsWith(`.${name}`));
  return ending.length === 1 ? ending[0] : undefined;
}

/** The one matrix of a module. @throws MatchError `ADAPTER_MODULE` */
function kernelOf(target: HookTarget, adapter: string, module: string): string {
  const weights = target.weights().filter(({ shape }) => shape.length === 2);
  const own = weights.filter(({ segments }) => segments.slice(0, -1).join(".") === module);
  const [only] = own;
  if (only !== undefined && own.length === 1) return only.path;
  const names = [
    ...target.storedWeights().map(({ name }) => name.replace(/\.weight$/, "")),
    ...weights.map(({ segments }) => segments.slice(0, -1).join(".")),
  ];
  throw adapterModule(target.name, adapter, module, nearestNames(module, names));
}

/**
 * @param outputs Which of the adapter's outputs the weight has.
 * @param isFlipped Whether the weight is `[out, in]`, as unembeddings are kept.
 */
function factors(
  { a, b, magnitude, alpha, isRankStabilized }: PeftModule,
  outputs: readonly number[] | undefined,
  isFlipped: boolean,
): LowRankFactors {
  const rows = pick(b, outputs);
  return {
    ...(isFlipped ? { a: rows, b: clone(a) } : { a: transpose(a), b: transpose(rows) }),
    alpha,
    isRankStabilized,
    ...(magnitude !== undefined && { magnitude: pick(magnitude, outputs) }),
  };
}

function pick(of: Tensor, outputs: readonly number[] | undefined): Tensor {
  return outputs === undefined ? clone(of) : tidy(() => gather(of, tensor1d([...outputs], "int32")));
}
