import type { NormConfig } from "./config.ts";

/** Where rows or columns of a stored tensor go. */
export interface Target {
  /** Name of the parameter; see `ModelWeights`. */
  readonly parameter: string;
  /** Which outputs of the stored tensor it takes, in this order; all unless given. */
  readonly outputs?: readonly number[] | undefined;
  /** Which of a stack. */
  readonly index?: number | undefined;
  /** Which row of a parameter that several tensors make up, and of how many. */
  readonly row?: { readonly index: number; readonly count: number } | undefined;
  /** Shape of a plain tensor's parameter where it is another than the file's. */
  readonly reshape?: readonly number[] | undefined;
}

/** One tensor of a checkpoint, and what becomes of it. */
export interface TensorSpec {
  readonly name: string;
  /** Shape in the checkpoint. */
  readonly shape: readonly number[];
  /**
   * `outIn` and `inOut` are matrices by where outputs stand, `stacked` are several `inOut` matrices, or vectors; other
   * tensors are taken as they are.
   */
  readonly layout: "outIn" | "inOut" | "plain" | "stacked";
  /** None for a tensor that must fit and is not read. */
  readonly targets: readonly Target[];
  /** Added to every value: gains that are stored as their difference from 1. */
  readonly plus?: number;
  /** Whether the model works without it. */
  readonly isOptional?: boolean;
  /** The tensor that is left unread where this one is there. */
  readonly insteadOf?: string;
}

/** A matrix that is stored as `nn.Linear` stores it, `[out, in]`. */
export function matrix(name: string, out: number, input: number, parameter: string): TensorSpec {
  return { name, shape: [out, input], layout: "outIn", targets: [{ parameter }] };
}

/** A tensor that is taken as it is. */
export function plain(name: string, shape: readonly number[], parameter: string, plus?: number): TensorSpec {
  return { name, shape, layout: "plain", targets: [{ parameter }], ...(plus !== undefined && { plus }) };
}

/** `name.weight`, and `name.bias` where there is one, of a linear map. */
export function linearSpecs(
  name: string,
  out: number,
  input: number,
  parameter: string,
  hasBias: boolean,
): TensorSpec[] {
  const weight = matrix(`${name}.weight`, out, input, `${parameter}.weight`);
  return hasBias ? [weight, plain(`${name}.bias`, [out], `${parameter}.bias`)] : [weight];
}

/** `name.weight`, and `name.bias` where there is one, of a norm. */
export function normSpecs(
  name: string,
  size: number | readonly number[],
  parameter: string,
  { kind, isPlain, isUnbiased, plus }: NormConfig,
): TensorSpec[] {
  if (isPlain === true) return [];
  const shape = typeof size === "number" ? [size] : size;
  const weight = plain(`${name}.weight`, shape, `${parameter}.weight`, plus);
  if (kind === "rms" || isUnbiased === true) return [weight];
  return [weight, plain(`${name}.bias`, shape, `${parameter}.bias`)];
}

/** One linear map in the file that is several in the model: each takes the outputs that `parts` lists for it. */
export function fusedSpecs(
  name: string,
  input: number,
  parts: Readonly<Record<string, readonly number[]>>,
  { hasBias, layout = "outIn" }: { readonly hasBias: boolean; readonly layout?: "outIn" | "inOut" },
): TensorSpec[] {
  const out = Object.values(parts).reduce((total, { length }) => total + length, 0);
  const targets = (suffix: string): Target[] =>
    Object.entries(parts).map(([parameter, outputs]) => ({ parameter: `${parameter}.${suffix}`, outputs }));
  const shape = layout === "outIn" ? [out, input] : [input, out];
  const weight: TensorSpec = { name: `${name}.weight`, shape, layout, targets: targets("weight") };
  const bias: TensorSpec = { name: `${name}.bias`, shape: [out], layout: "plain", targets: targets("bias") };
  return hasBias ? [weight, bias] : [weight];
}

/** The numbers from `begin` on, `count` of them. */
export function range(begin: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => begin + i);
}

/**
 * Outputs of fused queries, keys and values, by how they lie: one after the other, by head, or by group of query heads.
 */
export function qkvParts(
  path: string,
  layout: "one after the other" | "by head" | "by group",
  {
    nHeads,
    nKeyHeads,
    dHead,
  }: { readonly nHeads: number; readonly nKeyHeads: number; readonly dHead: number },
): Readonly<Record<string, readonly number[]>> {
  const [q, k, v] = [`${path}.q`, `${path}.k`, `${path}.v`];
  if (layout === "one after the other") {
    const [queries, keys] = [nHeads * dHead, nKeyHeads * dHead];
    return { [q]: range(0, queries), [k]: range(queries, keys), [v]: range(queries + keys, keys) };
  }
  const perGroup = layout === "by head" ? 1 : nHeads / nKeyHeads;
  const groups = nHeads / perGroup;
  const size = (perGroup + 2) * dHead;
  const each = (begin: number, count: number): number[] =>
    Array.from({ length: groups }, (_, group) => range(group * size + begin, count)).flat();
  return {
    [q]: each(0, perGroup * dHead),
    [k]: each(perGroup * dHead, dHead),
    [v]: each((perGroup + 1) * dHead, dHead),
  };
}

/** The list with every tensor once: one that several parameters share goes to all of them. */
export function joinTargets(specs: readonly TensorSpec[]): TensorSpec[] {
  const byName = new Map<string, TensorSpec>();
  for (const spec of specs) {
    const known = byName.get(spec.name);
    byName.set(
      spec.name,
      known === undefined ? spec : { ...known, targets: [...known.targets, ...spec.targets] },
    );
  }
  return [...byName.values()];
}
