import type { Tensor } from "@tensorflow/tfjs-core";
import { Bilinear, LowRankBilinear, type TwoSites } from "./bilinear.ts";
import type { Estimator } from "./estimator.ts";
import { GradientLinear } from "./gradient-linear.ts";
import { LinearRegression } from "./linear.ts";
import { LogisticRegression } from "./logistic.ts";
import { SparseProbe } from "./sparse.ts";
import { MeanDifference, RidgeClassifier } from "./two-class.ts";

/** Every estimator of the values at one site, with its own defaults. */
export const ESTIMATORS: readonly (new () => Estimator)[] = [
  GradientLinear,
  LinearRegression,
  LogisticRegression,
  MeanDifference,
  RidgeClassifier,
  SparseProbe,
] satisfies readonly (new () => Estimator<Tensor>)[];

/** Every estimator of the values at two sites, with its own defaults. */
export const TWO_SITE_ESTIMATORS: readonly (new () => Estimator<TwoSites>)[] = [Bilinear, LowRankBilinear];
