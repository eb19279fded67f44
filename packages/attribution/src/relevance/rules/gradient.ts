import { clone } from "@tensorflow/tfjs-core";
import type { RelevanceRule } from "../rule.ts";

const PLAIN: RelevanceRule = {
  name: "gradient",
  options: {},
  pass: ({ gradients }) => gradients.map((each) => clone(each)),
};

/** What plain gradients pass: for reshaping and maxima, where it is relevance, too. */
export function gradient(): RelevanceRule {
  return PLAIN;
}
