import { countHooks, hookFunction, MultiHookManager, site } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { at, take } from "../../support/values.ts";
import { declared, plain } from "./models.ts";

const test = suite("errors of hookFunction");

const failure = (fn: () => unknown): { code?: string; message: string } => thrown(fn);

test("what is no function is refused, with where it should go", () => {
  for (const [given, name] of [
    [{ a: 1 }, "record"],
    [null, "null"],
    ["relu", "string"],
  ] as const) {
    const error = failure(() => hookFunction(given as never));
    assert.is(error.code, "FUNCTION_EXPECTED");
    assert.is(
      error.message,
      `hookFunction was given a ${name}, not a function. ` +
        "A Module needs no wrapper; a tf.LayersModel goes to hookLayers (@hookdict/core/layers), " +
        "a tf.GraphModel to hookGraph (@hookdict/core/graph).",
    );
  }
});

test("preparing a function whose sites are not known says how to make them known", () => {
  const model = plain();
  const error = failure(() => new ActivationCaching("squared").prepare(model));
  assert.is(error.code, "FUNCTION_SITES_UNKNOWN");
  assert.is(
    error.message,
    "The sites of the function model plain are not known: it declares none, and has not run yet. " +
      "Run it once, through discover(...inputs) or call, or declare them: hookFunction(fn, { sites: { hidden: null } }).",
  );
  const x = scalar(1);
  model.discover(x);
  {
    using hooked = new ActivationCaching("squared").prepare(model);
    take(hooked.call(x));
  }
  x.dispose();
});

test("a frozen function model refuses hooks", () => {
  const error = failure(() => new ActivationCaching("*").prepare(Object.freeze(declared())));
  assert.is(error.code, "MODEL_FROZEN");
  assert.is(
    error.message,
    "declared is frozen, so no hooks can be put on it. " +
      "Leave models unfrozen, or freeze them once no context will be prepared on them any more.",
  );
});

test("a function model frozen under its hooks is let go, with nothing left that runs", () => {
  const model = declared();
  {
    using _hooked = new ActivationCaching("**").prepare(model);
    Object.freeze(model);
  }
  assert.is(countHooks(model), 0);
  assert.is(
    at(3, (x) => tidy(() => model.call(x))),
    2 * (3 ** 2 + 3),
  );
});

test("a pattern that matches none of the known sites lists the nearest", () => {
  assert.is(
    failure(() => new ActivationCaching("sqared").prepare(declared())).message,
    'No site matches "sqared", among 2 sites. The nearest names are squared, shifted. ' +
      'Correct the pattern, or pass unmatched: "ignore".',
  );
});

test("a function that returns a promise is refused, hooked or not", async () => {
  const model = hookFunction(async () => Promise.reject(new Error("later")), {
    name: "slow",
    sites: { a: null },
  });
  const message =
    "The function model slow returned a promise. " +
    "A function model is synchronous, since its hooks run inside it: await what it needs before the call.";
  const error = failure(() => model.call());
  assert.is(error.code, "FUNCTION_ASYNC");
  assert.is(error.message, message);
  {
    using hooked = new ActivationCaching("a").prepare(model);
    assert.is(failure(() => hooked.call()).message, message);
  }
  await Promise.resolve();
});

test("a name that ends like the key of a later pass is refused", () => {
  const model = hookFunction((x: number) => site("hidden#1", x), { name: "loop" });
  const error = failure(() => model.call(1));
  assert.is(error.code, "FUNCTION_SITE_NAME");
  assert.is(
    error.message,
    '"hidden#1" cannot name a place in the function model loop: it ends like the key of a later pass. ' +
      'Leave the number off: passes are told apart as "name", "name#1", "name#2", ...',
  );
});

test("an empty name is refused", () => {
  const model = hookFunction((x: number) => site("a..b", x));
  assert.is(failure(() => model.call(1)).code, "PATH_EMPTY");
});

const taken = (name: string, model: string, by: string): string =>
  `${JSON.stringify(name)} cannot name a place in the function model ${model}: the path belongs to another ${by}. ` +
  "Use another name in site(name, value); a function model inside takes its name from hookFunction(fn, { name }).";

test("two function models of one name inside another are refused", () => {
  const [a, b] = [hookFunction((x: number) => x), hookFunction((x: number) => x)];
  const model = hookFunction((x: number) => b.call(a.call(x)), { name: "outer" });
  assert.is(failure(() => model.call(1)).message, taken("function", "outer", "function model"));
});

test("a site and a function model of one name are refused, whichever comes first", () => {
  const inner = hookFunction((x: number) => x, { name: "same" });
  const before = hookFunction((x: number) => inner.call(site("same", x)), { name: "before" });
  const after = hookFunction((x: number) => site("same", inner.call(x)), { name: "after" });
  assert.is(failure(() => before.call(1)).message, taken("same", "before", "site"));
  assert.is(failure(() => after.call(1)).message, taken("same", "after", "function model"));
});

test("two places on one path are refused when the sites are asked for", () => {
  const inner = hookFunction((x: number) => site("value", x), { name: "inner" });
  const model = hookFunction((x: number) => inner.call(site("inner.value", x)), { name: "outer" });
  model.call(1);
  assert.is(failure(() => model.hookTarget().sites()).message, taken("inner.value", "outer", "site"));
});

test("a declaration that is no list of axes, no null and no function model is refused", () => {
  const error = failure(() => hookFunction((x: number) => x, { name: "f", sites: ["hidden"] as never }));
  assert.is(error.code, "FUNCTION_SITES");
  assert.is(
    error.message,
    'The option sites of the function model f has string at "0". ' +
      'Give a list of axes such as ["batch", "unit"], null for none, or a function model that is called inside.',
  );
});

test("keyword inputs for a named value are refused", () => {
  const x = scalar(1);
  const model = declared();
  using hooks = new MultiHookManager(model);
  const withKeyword = ({ inputs }: { inputs: Tensor }): unknown => ({
    inputs,
    kwargs: { by: 7, minus: true },
  });
  hooks.register("squared", "fwd_pre_kwargs", withKeyword);
  const error = failure(() => tidy(() => model.call(x)));
  assert.is(error.code, "KWARGS_REFUSED");
  assert.is(
    error.message,
    "The fwd_pre_kwargs hook of MultiHookManager at squared returned the keyword inputs by, minus, but a value named by site takes none. " +
      "Return kwargs as it was given, undefined, or change the inputs alone with fwd_pre.",
  );
  x.dispose();
});

test.run();
