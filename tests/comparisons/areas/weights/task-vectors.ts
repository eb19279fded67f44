import { TensorDict } from "@hookdict/tensordict";
import { chooseAlpha, type MergeMethod, mergeTaskVectors, TaskVectors } from "@hookdict/weights";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import type { Compute, Given } from "../../methods/cases.ts";
import { edited } from "./edits.ts";

/** `task0/fc1.kernel` and the like as a TensorDict for each number. **Ownership:** *returns owned*. */
function numbered(given: Given, prefix: string): TensorDict[] {
  const dicts: TensorDict[] = [];
  for (const role of Object.keys(given.case.inputs)) {
    const [, number, path] = new RegExp(`^${prefix}(\\d+)/(.+)$`).exec(role) ?? [];
    if (number === undefined || path === undefined) continue;
    (dicts[Number(number)] ??= new TensorDict()).set([path], given.input(role).clone());
  }
  return dicts;
}

/** What each vector counts in `0.4 * (t0 + t1)`, `t2 + t1 - t0` and the like. */
function weightsIn(operation: string, count: number): number[] {
  const weights = Array.from({ length: count }, () => 0);
  const text = operation.replaceAll(" ", "");
  const [, factor, inside = text] = /^(-?[\d.]*)\*?\((.*)\)$/.exec(text) ?? [];
  const times = factor === "-" ? -1 : Number(factor || 1);
  for (const [, sign, own, index] of inside.matchAll(/([+-]?)(?:([\d.]+)\*)?t(\d+)/g))
    weights[Number(index)] =
      (weights[Number(index)] ?? 0) + (sign === "-" ? -1 : 1) * Number(own ?? 1) * times;
  return weights;
}

/** The weights that roles such as `kernel_fc1` ask for. */
function kernelsIn(given: Given): Record<string, string> {
  const roles = Object.keys(given.case.expected).map(
    (role) => [role, /^kernel_(.+)$/.exec(role)?.[1]] as const,
  );
  return Object.fromEntries(
    roles.flatMap(([role, layer]) => (layer === undefined ? [] : [[role, `${layer}.kernel`]])),
  );
}

const arithmetic: Compute = (given) => {
  const vectors = numbered(given, "task");
  using merged = mergeTaskVectors(vectors, {
    weights: weightsIn(String(given.options["operation"]), vectors.length),
  });
  for (const each of vectors) each.dispose();
  return Promise.resolve(edited(given, () => new TaskVectors({ vector: merged }), kernelsIn(given)));
};

interface Shared {
  readonly density: number;
  readonly weights: readonly number[];
  readonly majority_sign?: "total" | "frequency";
}

const merging =
  (method: MergeMethod): Compute =>
  (given) => {
    const [vectors, masks] = [numbered(given, "task"), numbered(given, "mask")];
    const { majority_sign, ...shared } = given.options as unknown as Shared;
    using merged = mergeTaskVectors(vectors, {
      method,
      ...shared,
      ...(majority_sign !== undefined && { majoritySign: majority_sign }),
      ...(masks.length > 0 && { masks }),
    });
    for (const each of [...vectors, ...masks]) each.dispose();
    const found = edited(given, () => new TaskVectors({ vector: merged }));
    for (const path of merged.keys()) found[`merged/${path}`] = merged.get<Tensor>([path]).clone();
    return Promise.resolve(found);
  };

const alpha: Compute = ({ options }) => {
  const { alphas, accuracy, adequate } = options as Record<string, number[]>;
  const at = (of: number[] | undefined, value: number): number => of?.[alphas?.indexOf(value) ?? -1] ?? 0;
  const best = chooseAlpha(alphas ?? [], {
    accuracy: (value) => at(accuracy, value),
    isAdequate: (value) => at(adequate, value) > 0,
  });
  return Promise.resolve({ alpha: scalar(best) });
};

export const taskVectors: Readonly<Record<string, Compute>> = {
  task_vectors: arithmetic,
  ties: merging("ties"),
  dare_linear: merging("dareLinear"),
  dare_ties: merging("dareTies"),
  task_vector_alpha: alpha,
};
