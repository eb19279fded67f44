import type { HookTarget, StoredWeight } from "@hookdict/core";
import { nearestNames } from "@hookdict/tensordict";
import { clone, gather, type Tensor, tensor1d, tidy, transpose } from "@tensorflow/tfjs-core";
import type { LowRankFactors } from "../low-rank/factors.ts";
import { adapterModule, adapterShared, adapterTensors } from "./errors.ts";
import type { PeftAdapter, PeftModule } from "./peft-adapter.ts";

/**
 * What an adapter is to the weights of a model, by their paths. Models from checkpoints know what became of the checkpoint's
 * tensors: a fused matrix is several, stored either way round. Other models have modules of the adapter's names.
 *
 * **Ownership:** *borrows* the adapter; the factors belong to the scope.
 *
 * @throws MatchError `ADAPTER_MODULE`; UsageError `ADAPTER_SHARED`
 */
export function factorsOf(adapter: PeftAdapter, target: HookTarget): Record<string, LowRankFactors> {
  const stored = target.storedWeights();
  const found: Record<string, LowRankFactors> = {};
  for (const [module, parts] of adapter.modules) {
    const weight = storedOf(stored, module);
    if (weight?.isShared === true) throw adapterShared(adapter.name, module);
    if (weight === undefined)
      found[kernelOf(target, adapter.name, module)] = factors(parts, undefined, false);
    else {
      const isFlipped = weight.layout === "plain" && !parts.isEmbedding;
      if (isFlipped && parts.magnitude !== undefined)
        throw adapterTensors(adapter.name, module, "has magnitudes, for a matrix that is kept [out, in]");
      for (const { path, outputs } of weight.parts) found[path] = factors(parts, outputs, isFlipped);
    }
  }
  return found;
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
