import {
  logitDifference,
  PatchingSweep,
  patchTables,
  scoreCircuit,
  type SweepPlan,
} from "@hookdict/circuits";
import { ActivationCaching } from "@hookdict/latent";
import { reshape, slice, sum, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { finish } from "../finish.ts";
import { transformerOfGpt2Small } from "./model.ts";

export const POSITIONS = 15;

/** Something that is timed, by the name that the other side knows it by. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /** A part of a long case, which runs once: the whole is so many times as long. */
  readonly parts?: number;
  readonly run: () => Promise<void> | void;
}

/** The cases, and a sweep by memory. */
export interface Cases {
  readonly cases: readonly Case[];
  readonly sweep: {
    readonly plan: (memory: number) => SweepPlan;
    readonly run: (memory: number) => void;
  };
  readonly dispose: () => void;
}

const HEADS = [
  ...["out", "q", "k", "v"].map((part) => `attn_head_${part}_by_pos`),
  "attn_head_pattern_by_pos",
];

export async function casesOf(): Promise<Cases> {
  const model = await transformerOfGpt2Small();
  const ids = (first: number): Tensor2D =>
    tensor2d(
      Int32Array.from({ length: POSITIONS }, (_, i) => (first + i * 7919) % model.config.dVocab),
      [1, POSITIONS],
      "int32",
    );
  const [clean, corrupt] = [ids(13), ids(29)];
  const metrics = logitDifference(3, 5);
  const sweep = (names: readonly string[], memory?: number, layers = "*"): void => {
    const tables = patchTables(names).map((table) => ({
      ...table,
      sites: String(table.sites).replace("*", layers),
    }));
    using hooked = new PatchingSweep({ tables, metrics }).prepare(model);
    hooked.sweep({ clean, corrupt }, memory === undefined ? {} : { memory }).dispose();
  };
  return {
    cases: [
      { name: "forward", title: "forward pass", run: () => finish(model.call(corrupt)) },
      {
        name: "backward",
        title: "forward and backward pass",
        run: () => {
          const pattern = "blocks.0.hook_resid_pre";
          using hooked = new ActivationCaching(pattern, { directions: ["bwd"] }).prepare(model);
          hooked.backward(() => sum(slice(reshape(hooked.call(clean), [-1]), 0, 1)));
        },
      },
      { name: "resid_pre", title: "resid_pre, 12 x 15", run: () => sweep(["resid_pre"]) },
      // Layers from which, on the average, as many follow as from all.
      {
        name: "heads",
        title: "five head tables by position",
        parts: 3,
        run: () => sweep(HEADS, undefined, "{0,5,6,11}"),
      },
      {
        name: "eap",
        title: "EAP of all edges",
        run: () => scoreCircuit(model, { clean, corrupt }, { metric: metrics }).dispose(),
      },
    ],
    sweep: {
      plan: (memory) => {
        using hooked = new PatchingSweep({ tables: patchTables(["resid_pre"]), metrics }).prepare(model);
        return hooked.plan({ clean, corrupt }, { memory });
      },
      run: (memory) => sweep(["resid_pre"], memory),
    },
    dispose: () => {
      for (const each of [clean, corrupt, model]) each.dispose();
    },
  };
}
