import {
  type HookingContext,
  type HookingContextFactory,
  type HookSpec,
  Interventions,
  parseTarget,
  Plan,
  type PlanData,
  target,
} from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { encodeUtf8, memoryDirectory } from "@hookdict/tensordict/io";
import { TrainableInterventions } from "@hookdict/tracing";
import { fromJSON, graph, Picture, toCSV, toSVG, toText } from "@hookdict/viz";
import { tensor2d } from "@tensorflow/tfjs-core";
import { Toy } from "../../support/models.ts";
import { TRIED } from "../../viz/examples.ts";
import { type Files, freed, type Reader } from "../reader.ts";

const json = (value: unknown): Files => ({ a: encodeUtf8(JSON.stringify(value)) });
/** As editors show what is no UTF-8. */
const textOf = (files: Files): string => new TextDecoder().decode(files["a"]);

/** Runs a factory on a small model. */
function onToy(factory: HookingContextFactory<HookingContext>): void {
  const x = tensor2d([[1, 2]]);
  try {
    String(factory.plan(TOY));
    using hooked = factory.prepare(TOY);
    const out = hooked.call(x);
    out.dispose();
  } finally {
    x.dispose();
  }
}

const TOY = new Toy();

const SPEC: HookSpec = {
  captures: [{ at: "hook_first", direction: "fwd" }, { at: "**.hook_in" }],
  interventions: [
    { kind: "scale", at: "hook_x", factor: 2 },
    { kind: "add", at: "hook_mid", value: 3 },
    { kind: "zero", at: "second.hook_in" },
  ],
};

async function trainable(): Promise<Files> {
  const files = memoryDirectory("memory");
  using made = new TrainableInterventions({
    interventions: [{ kind: "lowRankRotation", at: "hook_x", width: 4, rank: 2 }],
  });
  await made.save(await files.create("a"));
  return Object.fromEntries(files.files);
}

/** A circuit as circuit-tracer writes it. */
const CIRCUIT = {
  metadata: { slug: "a", scan: "b", prompt: "c d", prompt_tokens: ["c", "d"] },
  qParams: { pinnedIds: ["n0"], supernodes: [["both", "n0", "n1"]] },
  nodes: [
    { node_id: "n0", layer: "E", ctx_idx: 0, feature_type: "embedding", clerp: "c", influence: 0.5 },
    {
      node_id: "n1",
      layer: "0",
      ctx_idx: 1,
      feature_type: "cross layer transcoder",
      influence: 0.9,
      activation: 2,
    },
    { node_id: "n2", layer: "1", ctx_idx: 1, feature_type: "logit", clerp: "out" },
  ],
  links: [
    { source: "n0", target: "n1", weight: 0.5 },
    { source: "n1", target: "n2", weight: -1 },
  ],
};

/** What is kept as data: specs, targets, plans, trained interventions, circuits, pictures. */
export const SPECS: readonly Reader[] = [
  {
    name: "interventions",
    files: () => json(SPEC),
    read: (files) => onToy(Interventions.parse(textOf(files))),
  },
  {
    name: "a target",
    files: () => json(target({ path: "hook_mid", kind: "activation", axis: -1, indices: [0] }).data),
    read: (files) => onToy(new ActivationCaching(parseTarget(textOf(files)))),
  },
  {
    name: "a plan",
    files: () => json(new ActivationCaching("**").plan(TOY)),
    read(files) {
      let data: unknown;
      try {
        data = JSON.parse(textOf(files));
      } catch {
        return;
      }
      const plan = new Plan(data as PlanData);
      String(plan);
      JSON.stringify(plan);
    },
  },
  {
    name: "trained interventions",
    files: trainable,
    read: (files) => freed(TrainableInterventions.load(files["a"] ?? new Uint8Array())),
  },
  {
    name: "a circuit",
    files: () => json(CIRCUIT),
    read(files) {
      const data = graph.read(textOf(files));
      toText(graph(data), { columns: 80 });
      graph.write(data);
    },
  },
  ...TRIED.map(({ name, view, examples }): Reader => ({
    name: `a picture of ${name}`,
    files: () => ({
      a: encodeUtf8(new Picture(view(examples[1] as never)).toJSON({ readable: name === "graph" })),
    }),
    read(files) {
      const d = fromJSON(textOf(files));
      toText(d, { columns: 60, colour: 0 });
      toSVG(d, { width: 400 });
      toCSV(d);
    },
    share: 1 / TRIED.length,
  })),
];
