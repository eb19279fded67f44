import {
  compose,
  HookCache,
  HookingContext,
  Interventions,
  openSession,
  option,
  Plan,
} from "@hookdict/contexts";
import { Binding, resolveTarget } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { scalar } from "@tensorflow/tfjs-core";
import { Point } from "../../support/models.ts";
import { owned, partOf, type Recipes } from "../recipes.ts";

const both = (): ReturnType<typeof compose> =>
  compose(new ActivationCaching("hook_x"), new ActivationCaching("**")) as never; // of any factories
const nothing = (): undefined => undefined;
const binding = (): Binding => new Binding(resolveTarget(new Point()), "test");

export const CONTEXTS: Recipes = {
  subjects: {
    CacheProxy: () => {
      const session = openSession(new Point());
      return partOf(session, session.get("**"));
    },
    ComposedContext: () => {
      const hooked = both().prepare(new Point());
      return partOf(hooked, hooked.context);
    },
    ComposedFactory: () => owned(both()),
    HookCache: () => owned(new HookCache(scalar(1), new TensorDict({ fwd: { hook_x: scalar(1) } }))),
    HookingContext: () => owned(new HookingContext(binding())),
    HookingContextFactory: () => owned(new ActivationCaching("**")),
    HookingContextWithCache: () => {
      const hooked = new ActivationCaching("hook_x").prepare(new Point());
      return partOf(hooked, hooked.context);
    },
    Interventions: () => owned(new Interventions({ captures: [{ at: "hook_x" }] })),
    Option: () => owned(option.string()),
    Plan: () => owned(new ActivationCaching("hook_x").plan(new Point())),
    Session: () => owned(openSession(new Point())),
  },
  right: {
    "HookCache.get": () => ["hook_x", "fwd"],
    "HookCache.require": () => ["hook_x", "fwd"],
    "HookCache.store": () => ["hook_x", scalar(1), "fwd"],
    "HookingContext.hook": () => ["hook_x", "fwd", nothing],
    "HookingContextFactory.plan": () => [new Point(), { unmatched: "error", shapes: {}, listen: nothing }],
    "HookingContextFactory.prepare": () => [new Point(), { unmatched: "error", listen: nothing }],
    "HookingContextWithCache.capture": () => ["hook_x", "fwd"],
    "Interventions.run": () => [new Point(), scalar(1)],
    "Session.get": () => ["hook_x", { direction: "fwd", order: "pre", relative: "" }],
    "Session.set": () => ["hook_x", 1, { direction: "fwd", order: "pre" }],
    checkOptions: () => ["A", { one: option.string() }, { one: "a" }],
    defineContext: () => [
      { name: "A", options: { one: option.string() }, cache: false, pattern: true, setUp: nothing },
    ],
    hooksAt: () => [["hook_x", "fwd", nothing]],
    "new ComposedFactory": () => [[new ActivationCaching("**")]],
    "new HookCache": () => [scalar(1), new TensorDict()],
    "new Workflow": () => [[{ name: "double", inKeys: ["x"], outKeys: ["y"], run: nothing }]],
    "new HookingContext": () => [binding(), "error"],
    "new HookingContextWithCache": () => [binding(), {}, "error"],
    "new Interventions": () => [
      { captures: [{ at: "hook_x" }], interventions: [{ kind: "scale", at: "hook_x", factor: 2 }] },
    ],
    "new Plan": () => [new Plan(new ActivationCaching("hook_x").plan(new Point()).toJSON()).toJSON()],
    openSession: () => [new Point()],
    "option.number": () => [{ min: 0, max: 1, integer: true }],
    "option.of": () => ["a mask", nothing],
    runWithCache: () => [
      new Point(),
      [scalar(1)],
      { names: "**", directions: ["fwd"], stopEarly: false, slice: {} },
    ],
    runWithCacheAsync: () => [new Point(), [scalar(1)], { names: "**", directions: ["fwd"] }],
    runWithHooks: () => [new Point(), [scalar(1)], [["hook_x", "fwd", nothing]], {}],
    runWithHooksAsync: () => [new Point(), [scalar(1)], [["hook_x", nothing]]],
    scan: () => [new Point(), scalar(1)],
    scanAsync: () => [new Point(), scalar(1)],
  },
  spared: {
    "new CacheProxy": "private: Session.get makes it",
    "CacheProxy::open": "internal",
    "CacheProxy.resolve": "internal",
    "new Session": "private: openSession makes it",
    optionInvalid: "it makes an error, for our own packages",
    refillerOf: "internal to contexts with caches",
  },
};
