import { logitDifference, scoreCircuit } from "@hookdict/circuits";
import { loadModel } from "@hookdict/models";
import { cast, clone, scalar, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { modelFolder } from "../analysis/setting.ts";
import type { Area } from "../area.ts";
import { caseItems, type Compute, type Given } from "../methods/cases.ts";

/** Scores by one of our scorers, and whether names and order of sources and destinations are the case's. */
function by(scorer: string): Compute {
  return async (given) => {
    using model = await loadModel(modelFolder(given.folder, given.case.model));
    const { options } = given;
    const prompts = { clean: ids(given, "clean_ids"), corrupt: ids(given, "corrupt_ids") };
    using found = scoreCircuit(model, prompts, {
      scorer,
      metric: logitDifference(options["right_id"] as number, options["wrong_id"] as number),
      ...(options["steps"] !== undefined && { steps: options["steps"] as number }),
      convention: String(options["nodes"]).includes("k = 0") ? "code" : "paper",
    });
    prompts.clean.dispose();
    prompts.corrupt.dispose();
    const { source, destination } = found.get("labels");
    if (source.join() !== (options["sources"] as string[]).join())
      throw new Error(`sources ${source.join()}`);
    if (destination !== undefined && destination.join() !== (options["destinations"] as string[]).join())
      throw new Error(`destinations ${destination.join()}`);
    return {
      scores: clone(found.get("values")),
      clean_metric: scalar(found.get("clean")),
      corrupt_metric: scalar(found.get("corrupt")),
    };
  };
}

function ids({ input }: Given, role: string): Tensor2D {
  return tidy((): Tensor => cast(input(role), "int32")) as Tensor2D; // `[1, pos]`
}

const methods: Readonly<Record<string, Compute>> = {
  eap: by("eap"),
  eap_clean_corrupted: by("eap-clean-corrupt"),
  eap_ig: by("eap-ig"),
  exact_edge_patching: by("exact"),
  node_attribution_patching: by("node-attribution"),
  node_eap_ig: by("node-ig"),
};

/** Scores of edges and nodes: attribution patching, with integrated gradients, and edge by edge. */
export const eap: Area = {
  name: "eap",
  at: "methods/cases.json",
  items: (folder) => caseItems(folder, "eap", methods),
};
