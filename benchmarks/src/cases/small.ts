import { dispatch } from "../small/dispatch.ts";
import { forwardSmall, forwardTiny } from "../small/forward.ts";
import { layerDispatch } from "../small/layer-dispatch.ts";
import { prepare } from "../small/prepare.ts";
import { smallTables, type SmallFigures } from "../small/tables.ts";
import { tensorDictFigures } from "../small/tensordict.ts";
import type { Case } from "./case.ts";

/** What `tiny` measures as well: all but a model of GPT-2 small's shape. */
export const tinyParts: Pick<Case<SmallFigures>, "before" | "measure" | "tables"> = {
  before: () => ({ prepare: prepare() }),
  measure: async (backend) => ({
    dispatch: await dispatch(),
    layerDispatch: await layerDispatch(),
    // Bookkeeping: on the reference backend alone, where the tensors themselves cost least.
    ...(backend === "cpu" && { tensorDict: await tensorDictFigures() }),
    forward: [await forwardTiny()],
  }),
  tables: smallTables,
};

export const small: Case<SmallFigures> = {
  ...tinyParts,
  name: "small",
  about:
    "what hooks, captures and TensorDicts cost, and forward passes of ioi-tiny and of GPT-2 small's shape",
  measure: async (backend, effort) => {
    const { forward = [], ...figures } = await tinyParts.measure(backend, effort);
    return { ...figures, forward: [...forward, await forwardSmall(effort)] };
  },
};
