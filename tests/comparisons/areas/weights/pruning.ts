import type { Hookable } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { Pruning, type PruningOptions, scoreWeights } from "@hookdict/weights";
import { logSoftmax, mean, mul, neg, oneHot, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { classesOf, modelOf } from "../../methods/attribute.ts";
import type { Compute, Given } from "../../methods/cases.ts";

type Model = Hookable<readonly Tensor[], Tensor>;

/** Mean cross-entropy of the batch. */
function lossOf(given: Given, model: Model): () => Tensor {
  const run = (): Tensor => model.hookTarget().call([given.input("x")]);
  return () =>
    tidy(() => {
      const logits = run();
      const classes = oneHot(classesOf(given), logits.shape[1] ?? 1);
      return neg(mean(sum(mul(classes, logSoftmax(logits)), -1)));
    });
}

interface Asked {
  readonly kind: string;
  readonly amount?: number;
  readonly scope?: string;
  readonly layer?: string;
  readonly sparsity?: number;
  readonly units?: string;
  readonly groups?: string;
  readonly sequential?: boolean;
}

interface Plan {
  readonly pattern: string;
  readonly options: PruningOptions;
  readonly scores?: TensorDict;
}

function planOf(given: Given, model: Model): Plan {
  const {
    kind,
    amount = 0,
    scope = "",
    layer,
    sparsity = 0,
    units,
    groups = "",
    sequential = false,
  } = given.options as unknown as Asked;
  const how = amountOf(amount);
  const axis = units === "output units" ? -1 : -2;
  if (given.has("scores")) {
    const pattern = `${layer}.kernel`;
    const importance = new TensorDict({ [pattern]: given.input("scores").clone() });
    return { pattern, options: { ...how, importance, units: { axis } }, scores: importance };
  }
  const [, norm] = /^structured l(\d|inf)$/.exec(kind) ?? [];
  if (norm !== undefined) {
    const slices = { axis, norm: norm === "inf" ? Infinity : Number(norm) };
    return { pattern: `${layer}.kernel`, options: { ...how, units: slices } };
  }
  const [, keep, of] = /^(\d+):(\d+) magnitude$/.exec(kind) ?? [];
  if (keep !== undefined) {
    const along = groups.includes("outputs of one input") ? 1 : 0;
    return {
      pattern: `${layer}.kernel`,
      options: { group: { keep: Number(keep), of: Number(of), axis: along } },
    };
  }
  if (kind === "Wanda") {
    if (sequential) throw new Error("what is pruned layer by layer is not computed");
    const run = (): Tensor => model.hookTarget().call([given.input("calibration")]);
    const importance = scoreWeights(model as never, "**.kernel", "wanda", { run });
    return {
      pattern: "**.kernel",
      options: { amount: sparsity, importance, among: "unit" },
      scores: importance,
    };
  }
  const pattern = /^(\w+) kernel$/.exec(scope)?.[1];
  const where = pattern === undefined ? "**.kernel" : `${pattern}.kernel`;
  if (kind === "magnitude") return { pattern: where, options: how };
  const importance = scoreWeights(model as never, where, kind as "snip", { loss: lossOf(given, model) });
  return { pattern: where, options: { ...how, importance }, scores: importance };
}

/** A whole number from 1 on is a count, anything else a share. */
function amountOf(amount: number): PruningOptions {
  return Number.isInteger(amount) && amount > 0 ? { count: amount } : { amount };
}

const pruning: Compute = (given) => {
  const model = modelOf(given);
  const { pattern, options, scores } = planOf(given, model);
  const found: Record<string, Tensor> = {};
  try {
    using pruned = new Pruning(pattern, options).prepare(model);
    found["logits"] = pruned.call(given.input("x"));
    for (const path of pruned.context.masks.keys()) {
      const layer = path.slice(0, -".kernel".length);
      const role = "mask" in given.case.expected ? "" : `_${layer}`;
      found[`mask${role}`] = pruned.context.masks.get<Tensor>([path]).clone();
      if (scores !== undefined) found[`score${role}`] = scores.get<Tensor>([path]).clone();
    }
    return Promise.resolve(found);
  } finally {
    scores?.dispose();
  }
};

export const prunings: Readonly<Record<string, Compute>> = { pruning };
