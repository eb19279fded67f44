import { alphaBeta } from "./rules/alpha-beta.ts";
import { epsilon } from "./rules/epsilon.ts";
import { flat } from "./rules/flat.ts";
import { gamma } from "./rules/gamma.ts";
import { gradient } from "./rules/gradient.ts";
import { identityGradient } from "./rules/identity-gradient.ts";
import { layerNormGradient } from "./rules/layer-norm-gradient.ts";
import { matMulRule } from "./rules/mat-mul-rule.ts";
import { norm } from "./rules/norm.ts";
import { pass } from "./rules/pass.ts";
import { reluBetaSmooth } from "./rules/relu-beta-smooth.ts";
import { reluDeconvnet } from "./rules/relu-deconvnet.ts";
import { reluGuided } from "./rules/relu-guided.ts";
import { softmaxRule } from "./rules/softmax-rule.ts";
import { stop } from "./rules/stop.ts";
import { uniform } from "./rules/uniform.ts";
import { wSquare } from "./rules/w-square.ts";
import { zBox } from "./rules/z-box.ts";
import { zPlus } from "./rules/z-plus.ts";

/** Every rule of relevance: functions that make one, by name. */
export const RULES: readonly { readonly name: string }[] = [
  alphaBeta,
  epsilon,
  flat,
  gamma,
  gradient,
  identityGradient,
  layerNormGradient,
  matMulRule,
  norm,
  pass,
  reluBetaSmooth,
  reluDeconvnet,
  reluGuided,
  softmaxRule,
  stop,
  uniform,
  wSquare,
  zBox,
  zPlus,
];
