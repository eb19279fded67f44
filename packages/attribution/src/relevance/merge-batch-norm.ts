import { add, mul, reshape, type Tensor, zerosLike } from "@tensorflow/tfjs-core";
import type { Affine, LinearOperation, PartDescription } from "../parts/part.ts";
import type { Place } from "../parts/place.ts";

/**
 * Merges each batch norm into the linear operation right before it, for what rules see: the operation's weights stand
 * for both, and the norm passes relevance as it arrives. The model itself is not touched.
 */
export function mergeBatchNorms(places: readonly Place[]): readonly Place[] {
  const merged = new Map(places.map((place) => [place.site.path, place]));
  /** Which place has the weights, for a norm or a bias behind it. */
  const behind = new Map<string, string>();
  for (const { site, stages, before } of places) {
    const holder = before === undefined ? undefined : (behind.get(before) ?? before);
    const linear = holder === undefined ? undefined : merged.get(holder);
    const last = linear?.stages?.at(-1);
    const [part, ...more] = stages ?? [];
    if (holder === undefined || linear === undefined || last?.linear === undefined || !isWeighted(last))
      continue;
    if (part?.kind === "bias") behind.set(site.path, holder);
    if (part?.affine === undefined || more.length > 0) continue;
    behind.set(site.path, holder);
    const scaled = { ...last, linear: scaledBy(last.linear, part.affine) };
    merged.set(holder, { ...linear, stages: [...(linear.stages ?? []).slice(0, -1), scaled] });
    merged.set(site.path, { ...(merged.get(site.path) as Place), stages: [{ kind: "bias" }] });
  }
  return places.map(({ site }) => merged.get(site.path) as Place); // one for each
}

function isWeighted({ kind }: PartDescription): boolean {
  return kind === "linear" || kind === "convolution";
}

function scaledBy(operation: LinearOperation, affine: Affine): LinearOperation {
  return {
    ...operation,
    isMerged: true,
    weights: () => {
      const { kernel, bias } = operation.weights();
      const { factor, offset } = affine();
      const perChannel = (each: Tensor): Tensor =>
        each.size === 1 ? each : reshape(each, [...(operation.perChannel ?? [-1])]);
      const shifted = bias === undefined ? zerosLike(offset) : mul(bias, factor);
      return { kernel: mul(kernel, perChannel(factor)), bias: add(shifted, offset) };
    },
  };
}
