import {
  Binding,
  editWeight,
  hookFunction,
  MultiHookManager,
  resolveTarget,
  TensorDictModule,
  TensorDictSequential,
} from "@hookdict/core";
import { TinyModule, tinyTokens } from "@hookdict/core/testing";
import { ActivationCaching } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { Point } from "../../support/models.ts";
import { owned, partOf, type Recipes } from "../recipes.ts";

const double = (): TensorDictModule => new TensorDictModule((x: Tensor) => mul(x, 2), ["x"], ["y"]);
const manager = (): MultiHookManager => new MultiHookManager(new Point());
const watch = (): unknown => undefined;

export const CORE: Recipes = {
  subjects: {
    Binding: () => owned(new Binding(resolveTarget(new Point()), "test")),
    HookHandle: () => {
      const hooks = manager().register("hook_x", "fwd", watch);
      return partOf(hooks, hooks.handles[0] as object); // one site, one handle
    },
    HookPoint: () => owned(new Point().hook_x),
    HookedModule: () => owned(new ActivationCaching("**").prepare(new Point())),
    Module: () => owned(new Point()),
    MultiHookHandle: () => owned(manager().register("hook_x", "fwd", watch)),
    MultiHookManager: () => owned(manager()),
    TensorDictModule: () => owned(double()),
    TensorDictSequential: () => owned(new TensorDictSequential([double()])),
    TinyModule: () => owned(new TinyModule()),
    WeightEditHandle: () => {
      const weight = scalar(1);
      const edit = editWeight(weight, (value) => mul(value, 2));
      return { value: edit, end: () => (edit.dispose(), weight.dispose()) };
    },
    hookFunction: () => owned(hookFunction((x: unknown) => x, { name: "same", sites: { hidden: null } })),
  },
  right: {
    "Binding.hook": () => ["hook_x", "fwd", watch, "error"],
    "Binding.sites": () => ["hook_x", "error"],
    "HookFactory.map": () => [(tensor: Tensor) => tensor, { order: "pre" }],
    "HookFactory.observe": () => [watch, { order: "pre" }],
    "HookFactory.replace": () => [watch, { order: "pre" }],
    "HookFactory.stop": () => [watch, { order: "pre" }],
    "HookedModule.valueAndGradInputs": () => [() => scalar(1), "**"],
    "MultiHookManager.register": () => [
      "hook_x",
      "fwd",
      { run: watch, kind: "observe", order: "pre", reshapes: false, unfired: "ignore" },
      { unmatched: "error" },
    ],
    "TensorDictModule.call": () => [new TensorDict({ x: scalar(1) })],
    "TensorDictSequential.call": () => [new TensorDict({ x: scalar(1) })],
    "TensorDictSequential.selectSubsequence": () => [{ inKeys: ["x"], outKeys: ["y"] }],
    "TinyModule.call": () => [tinyTokens()],
    atPlace: () => [{ step: 1, firstPosition: 0 }, watch],
    captureKey: () => ["fwd", "hook_x", 0],
    editWeight: () => [scalar(1), (value: Tensor) => value, { path: "kernel", isAwake: () => true }],
    expectClose: () => [[1], [1], { rtol: 0, atol: 0 }],
    hasHooks: () => [new Point(), { owner: "a", sites: "**", direction: "fwd" }],
    hookFunction: () => [watch, { name: "same", sites: { hidden: null }, refuses: { hidden: "no" } }],
    keyOf: () => [{ site: { path: "a" }, direction: "fwd", pass: 0 }],
    matchWeights: () => [resolveTarget(new Point()), "**", "ignore"],
    listHooks: () => [new Point(), { owner: "a", sites: "**", direction: "fwd" }],
    "new Binding": () => [resolveTarget(new Point()), "test", { isPermanent: false }],
    "new HookPoint": () => [{ axes: ["batch"], refuses: "no", conversion: { to: watch, from: watch } }],
    "new MultiHookManager": () => [new Point(), { name: "mine" }],
    "new TensorDictModule": () => [watch, ["x"], ["y"]],
    "new TensorDictSequential": () => [[double()]],
    removeHooks: () => [new Point(), { owner: "a", sites: "**", direction: "fwd", permanent: false }],
    seededValues: () => [3, 1],
    site: () => ["name", 1, ["batch"]],
    tinyGraph: () => [watch, { seed: 1 }],
    tinyLayers: () => [watch, { seed: 1 }],
  },
  spared: {
    CheckError: "its base is examined with tensordict",
    HookSlot: "a place for hooks, for authors of kinds of models",
    HookTarget: "a model under hooks, for authors of kinds of models",
    TensorDictModuleBase: "abstract: its classes are examined",
    contextConformance: "it declares tests",
    "new WeightEditHandle": "internal: editWeight makes it",
    "hookFunction.adopt": "internal",
    "hookFunction.place": "internal",
    "Binding.dispose": "throws the error that it is given",
  },
};
