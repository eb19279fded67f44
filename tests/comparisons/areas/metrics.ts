import {
  agreement,
  type Attribute,
  completeness,
  complexity,
  deletionInsertion,
  faithfulnessEstimate,
  infidelity,
  localLipschitz,
  Saliency,
  sensitivityMax,
  sensitivityN,
  sumOfOutputs,
  type Target,
  tdhookInfidelity,
  tdhookSensitivity,
} from "@hookdict/attribution";
import { mul, softmax, sum, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { Area } from "../area.ts";
import { classesOf, modelOf } from "../methods/attribute.ts";
import { caseItems, type Compute, type Given } from "../methods/cases.ts";

const now =
  (compute: (given: Given) => Record<string, Tensor>): Compute =>
  (given) =>
    Promise.resolve(compute(given));

/** Signed saliency as a function of the inputs. */
function saliency(given: Given, target: Target): Attribute {
  const model = modelOf(given);
  return (x) => {
    using hooked = new Saliency({ absolute: false }).prepare(model);
    using result = hooked.attribute([x], { target });
    return result.get<Tensor>(["attr", "input"]).clone();
  };
}

/** Each row's class, 1 where it is: written out, for oneHot gives whole numbers on some backends. */
function classMask(classes: readonly number[], rows: readonly number[], width: number): Tensor {
  const mask = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) mask[i * width + (classes[row % classes.length] ?? 0)] = 1;
  return tensor2d(mask, [rows.length, width]);
}

/** Saliency of every copy of the batch. */
function classSaliency(given: Given): Attribute {
  const classes = classesOf(given);
  return saliency(given, (output: Tensor, rows) =>
    tidy(() => sum(mul(output, classMask(classes, rows, output.shape[1] ?? 1)), 1)),
  );
}

/** The probability of each example's class. */
function probability(classes: readonly number[]): Target {
  return (output: Tensor, rows) =>
    tidy(() => sum(mul(softmax(output), classMask(classes, rows, output.shape[1] ?? 1)), 1));
}

const withTarget = (given: Given): { target: number[]; baseline: Tensor } => ({
  target: classesOf(given),
  baseline: given.input("baseline"),
});

const methods: Readonly<Record<string, Compute>> = {
  attribution_agreement: now(({ input, options }) => {
    const { topIntersection, ...rest } = agreement(input("a"), input("b"), { top: options["top"] as number });
    return { ...rest, top_intersection: topIntersection };
  }),
  completeness: now((given) => ({
    residual: completeness(modelOf(given), given.input("x"), given.input("attribution"), withTarget(given)),
  })),
  attribution_complexity: now(({ input }) => ({ ...complexity(input("attribution")) })),
  deletion_insertion: now((given) => {
    const { deletionAuc, insertionAuc, ...rest } = deletionInsertion(
      modelOf(given),
      given.input("x"),
      given.input("attribution"),
      {
        ...withTarget(given),
        ...(given.options["output"] === "softmax" && { target: probability(classesOf(given)) }),
        featuresPerStep: given.options["features_per_step"] as number,
      },
    );
    return { ...rest, deletion_auc: deletionAuc, insertion_auc: insertionAuc };
  }),
  faithfulness_estimate: now((given) => {
    const { pearson, spearman } = faithfulnessEstimate(
      modelOf(given),
      given.input("x"),
      given.input("attribution"),
      withTarget(given),
    );
    spearman.dispose();
    return { correlation: pearson };
  }),
  infidelity: now((given) => ({
    infidelity: infidelity(modelOf(given), given.input("x"), given.input("attribution"), {
      target: classesOf(given),
      noise: given.input("noise"),
      normalize: given.options["normalize"] as boolean,
    }),
  })),
  local_lipschitz: now((given) => ({
    lipschitz: localLipschitz(classSaliency(given), given.input("x"), { noise: given.input("noise") }),
  })),
  sensitivity_max: now((given) => ({
    sensitivity: sensitivityMax(classSaliency(given), given.input("x"), {
      noise: given.input("noise"),
      norm: given.options["norm"] as "l1" | "l2",
    }),
  })),
  sensitivity_n: now((given) => {
    const { pearson, spearman } = sensitivityN(modelOf(given), given.input("x"), given.input("attribution"), {
      ...withTarget(given),
      subsets: given.input("subsets"),
    });
    return { correlation: pearson, spearman };
  }),
  tdhook_infidelity: now((given) => {
    const x = given.input("x");
    const attribution = saliency(given, sumOfOutputs)(x);
    const found = tdhookInfidelity(modelOf(given), x, attribution, { noise: given.input("noise") });
    attribution.dispose();
    return { infidelity: found };
  }),
  tdhook_sensitivity: now((given) => ({
    sensitivity: tdhookSensitivity(saliency(given, sumOfOutputs), given.input("x"), {
      noise: given.input("noise"),
    }),
  })),
};

/** Metrics of attributions. */
export const metrics: Area = {
  name: "metrics",
  at: "methods/cases.json",
  items: (folder) => caseItems(folder, "metrics", methods),
};
