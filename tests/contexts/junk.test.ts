import {
  compose,
  defineContext,
  Interventions,
  openSession,
  runWithCache,
  runWithCacheAsync,
  runWithHooks,
  runWithHooksAsync,
  scan,
  scanAsync,
} from "@hookdict/contexts";
import { countHooks } from "@hookdict/core";
import { isHookdictError, TensorDict } from "@hookdict/tensordict";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { Point } from "../support/models.ts";

// Every public function, called with what plain JavaScript may give it: it works, or the error is one of ours.

const test = suite("junk as arguments");

const model = new Point();
const JUNK: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a number": () => 3,
  NaN: () => Number.NaN,
  "a text": () => "text",
  "an empty text": () => "",
  true: () => true,
  "a bigint": () => 3n,
  "a symbol": () => Symbol("s"),
  "an empty list": () => [],
  "a list of null": () => [null],
  "a record": () => ({}),
  "a strange record": () => ({ strange: 1 }),
  "a bare record": () => Object.create(null) as unknown,
  "a function": () => () => undefined,
  "a date": () => new Date(0),
  "a promise": () => Promise.resolve(1),
};

type Junk = never;
const source = (): TensorDict => new TensorDict();
let x: Tensor;
test.before.each(() => {
  x = scalar(1);
});
test.after.each(() => x.dispose());
const FUNCTIONS: Readonly<Record<string, (junk: Junk) => unknown>> = {
  "ActivationCaching of a pattern": (junk) => new ActivationCaching(junk),
  "ActivationCaching with options": (junk) => new ActivationCaching("**", junk),
  "ActivationPatching of a pattern": (junk) => new ActivationPatching(junk, { source: source() }),
  "ActivationPatching with options": (junk) => new ActivationPatching("**", junk),
  "ActivationCaching.prepare": (junk) => new ActivationCaching("**").prepare(junk),
  "ActivationCaching.plan": (junk) => new ActivationCaching("**").plan(junk),
  "ActivationCaching.equals": (junk) => new ActivationCaching("**").equals(junk),
  compose: (junk) => compose(junk),
  defineContext: (junk) => defineContext(junk),
  "defineContext with options": (junk) => defineContext({ name: "A", options: junk, setUp: () => undefined }),
  Interventions: (junk) => new Interventions(junk),
  "Interventions.parse": (junk) => Interventions.parse(junk),
  "Interventions.extend": (junk) => new Interventions({}).extend(junk),
  "Interventions.run": (junk) => new Interventions({}).run(junk),
  "Interventions.runAsync": (junk) => new Interventions({}).runAsync(junk),
  "Interventions.validate": (junk) => new Interventions({}).validate(junk),
  openSession: (junk) => openSession(junk),
  scan: (junk) => scan(junk),
  scanAsync: (junk) => scanAsync(junk),
  "runWithCache of a model": (junk) => runWithCache(junk, []),
  "runWithCache of arguments": (junk) => runWithCache(model, junk, {}),
  "runWithCache with options": (junk) => runWithCache(model, [x], junk),
  "runWithCacheAsync of a model": (junk) => runWithCacheAsync(junk, []),
  "runWithCacheAsync of arguments": (junk) => runWithCacheAsync(model, junk),
  "runWithHooks of a model": (junk) => runWithHooks(junk, [], []),
  "runWithHooks of arguments": (junk) => runWithHooks(model, junk, []),
  "runWithHooks of hooks": (junk) => runWithHooks(model, [x], junk),
  "runWithHooks of one hook": (junk) => runWithHooks(model, [x], [junk]),
  "runWithHooks of a hook's function": (junk) => runWithHooks(model, [x], [["hook_x", junk]]),
  "runWithHooksAsync of hooks": (junk) => runWithHooksAsync(model, [x], junk),
  "session.get": (junk) => openSession(model).run((session) => session.get(junk)),
  "session.get with options": (junk) => openSession(model).run((session) => session.get("hook_x", junk)),
  "session.set of a pattern": (junk) => openSession(model).run((session) => session.set(junk, 1)),
  "session.set of a value": (junk) => openSession(model).run((session) => session.set("hook_x", junk)),
  "session.set with options": (junk) => openSession(model).run((session) => session.set("hook_x", 1, junk)),
  "session.save": (junk) => openSession(model).run((session) => session.save(junk)),
  "session.stop": (junk) => openSession(model).run((session) => session.stop(junk)),
  "CacheProxy.at": (junk) => openSession(model).run((session) => session.get("hook_x").at(junk)),
  "context.hook of a direction": (junk) =>
    new ActivationCaching("**")
      .prepare(model)
      .run(({ context }) => context.hook("hook_x", junk, () => undefined)),
  "context.hook of a hook": (junk) =>
    new ActivationCaching("**").prepare(model).run(({ context }) => context.hook("hook_x", "fwd", junk)),
  "context.sites": (junk) =>
    new ActivationCaching("**").prepare(model).run(({ context }) => context.sites(junk)),
};

function end(value: unknown): void {
  const { dispose } = (value ?? {}) as { readonly dispose?: unknown };
  if (typeof dispose === "function") dispose.call(value);
}

/** What is wrong with a call: an error that is not ours. */
async function fault(name: string, junk: string): Promise<string | undefined> {
  try {
    const result: unknown = await FUNCTIONS[name]?.(JUNK[junk]?.() as Junk);
    const owned = (result ?? {}) as { readonly output?: unknown; readonly cache?: unknown }; // or something else
    for (const part of [result, owned.output, owned.cache]) end(part);
    return undefined;
  } catch (error) {
    return isHookdictError(error) ? undefined : `${name}, given ${junk}: ${String(error)}`;
  }
}

for (const name of Object.keys(FUNCTIONS)) {
  test(`${name} answers with errors of ours`, async () => {
    const memory = new Set<string>();
    for (const junk of Object.keys(JUNK)) {
      const found = await fault(name, junk);
      if (found !== undefined) memory.add(found);
    }
    assert.equal([...memory], []);
    assert.is(countHooks(model), 0);
  });
}

test.run();
