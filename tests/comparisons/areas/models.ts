import { LayerActivation } from "@hookdict/attribution";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Area } from "../area.ts";
import { caseItems, type Compute } from "../methods/cases.ts";
import { smallModel } from "../../support/small-models.ts";

/** The sites' values, and the output. */
const forward: Compute = async (given) => {
  const model = smallModel(given.case.model, given.models.below(`model/${given.case.model}/`));
  const sites = Object.keys(given.case.expected).filter((role) => role !== "logits");
  const x = given.input("x");
  const found: Record<string, Tensor> = {};
  if (sites.length > 0) {
    using hooked = new LayerActivation({ at: sites }).prepare(model);
    using result = (hooked as never as { attribute(inputs: readonly Tensor[]): Values }).attribute([x]);
    for (const site of sites) found[site] = result.get<Tensor>(["attr", site]).clone();
  }
  found["logits"] = (model as never as { call(x: Tensor): Tensor }).call(x);
  return found;
};

interface Values extends Disposable {
  get<T>(key: readonly string[]): T;
}

/** The small models, built of the library's parts. */
export const models: Area = {
  name: "models",
  at: "methods/cases.json",
  items: (folder) => caseItems(folder, "models", { forward }),
};
