import { type FunctionModel, hookFunction, site } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { at, take } from "../../support/values.ts";
import { declared, plain, twice } from "./models.ts";

const test = suite("sites of functions");

function paths<A extends readonly unknown[]>(model: FunctionModel<A>): readonly string[] {
  return model
    .hookTarget()
    .sites()
    .map(({ path }) => path);
}

test("a function shows its sites by running, in the order in which they run", () => {
  const model = plain();
  assert.is(
    at(5, (x) => tidy(() => model.call(x))),
    2 * (5 * 5 + 3),
  );
  assert.equal(paths(model), ["squared", "shifted"]);
});

test("discover runs it once, frees the outputs and returns the sites", () => {
  const x = scalar(5);
  assert.equal(
    plain()
      .discover(x)
      .map(({ path }) => path),
    ["squared", "shifted"],
  );
  x.dispose();
});

test("declared sites are known before the first run", () => {
  const [squared, shifted] = declared().hookTarget().sites();
  assert.equal(squared, {
    path: "squared",
    segments: ["squared"],
    kind: "function",
    type: "site",
    axes: ["batch"],
  });
  assert.is(shifted?.axes, undefined);
});

test("a run adds the sites that were not declared", () => {
  const model = hookFunction((x: number) => site("b", site("a", x)), { sites: { b: null } });
  assert.equal(paths(model), ["b"]);
  assert.is(model.call(7), 7);
  assert.equal(paths(model), ["b", "a"]);
});

test("axes are those declared, else those first given at the site", () => {
  const model = hookFunction(
    (x: number) => site("c", site("b", site("a", x, ["run"]), ["run"]), x > 1 ? ["second"] : ["first"]),
    { sites: { a: ["declared"], b: null } },
  );
  model.call(1);
  model.call(2);
  const axes = model
    .hookTarget()
    .sites()
    .map((found) => found.axes);
  assert.equal(axes, [["declared"], ["run"], ["first"]]);
});

test("dots and slashes in a name nest it", () => {
  const model = hookFunction((x: number) => site("blocks/1.hidden", site("blocks.0.hidden", x)));
  model.call(1);
  model.call(1);
  assert.equal(paths(model), ["blocks.0.hidden", "blocks.1.hidden"]);
});

test("a function model that is called inside is a site, with its sites below it", () => {
  const model = twice();
  assert.equal(paths(model), ["block"]);
  assert.is(
    at(5, (x) => tidy(() => model.call(x))),
    2 * 2 * 5,
  );
  assert.equal(paths(model), ["block", "block.in", "block.out"]);
  const [block] = model.hookTarget().sites();
  assert.is(block?.type, "function");
});

test("a function model inside takes its function's name, and a declared name before that", () => {
  const double = (x: number): number => site("out", 2 * x);
  const inner = hookFunction(double);
  const met = hookFunction((x: number) => inner.call(x));
  const named = hookFunction((x: number) => inner.call(x), { sites: { "layers.0": inner } });
  assert.is(met.call(3) + named.call(3), 12);
  assert.equal(paths(met), ["double", "double.out"]);
  assert.equal(paths(named), ["layers.0", "layers.0.out"]);
});

test("what two function models share is one site with an alias", () => {
  const shared = hookFunction((x: number) => site("value", x), { name: "shared" });
  const left = hookFunction((x: number) => shared.call(x), { name: "left" });
  const right = hookFunction((x: number) => shared.call(x), { name: "right" });
  const both = hookFunction((x: number) => left.call(x) + right.call(x));
  both.call(1);
  assert.equal(
    both
      .hookTarget()
      .sites()
      .map(({ path, aliases }) => [path, aliases]),
    [
      ["left", undefined],
      ["left.shared", ["right.shared"]],
      ["left.shared.value", undefined],
      ["right", undefined],
    ],
  );
});

test("a function that calls itself is no site of its own", () => {
  const countdown: FunctionModel<[number], number> = hookFunction(
    (n: number): number => (n === 0 ? 0 : 1 + countdown.call(site("n", n) - 1)),
    { name: "countdown" },
  );
  assert.is(countdown.call(3), 3);
  assert.equal(paths(countdown), ["n"]);
});

test("outside of a function model, site is the identity", () => {
  const value = { a: 1 };
  assert.is(site("anything#1", value), value);
});

test("a model that throws half-way has shown the sites up to there, and is running no more", () => {
  const model = hookFunction((fails: boolean) => {
    site("before", 1);
    if (fails) throw new TypeError("no");
    return site("after", 2);
  });
  assert.throws(() => model.call(true));
  assert.equal(paths(model), ["before"]);
  site("outside", 3);
  model.call(false);
  assert.equal(paths(model), ["before", "after"]);
});

test("a site that was met while a context was bound is one of the next context", () => {
  const model = hookFunction((x: Tensor, more: boolean) =>
    more ? site("more", mul(site("x", x), 2)) : site("x", x),
  );
  const x = scalar(5);
  model.discover(x, false);
  for (const [found, more] of [[1, true] as const, [2, true] as const]) {
    using hooked = new ActivationCaching("*").prepare(model);
    take(hooked.call(x, more));
    assert.is([...hooked.cache.keys({ nested: true, leavesOnly: true })].length, found);
  }
  x.dispose();
});

test.run();
