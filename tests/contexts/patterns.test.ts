import { compose, openSession, runWithCache } from "@hookdict/contexts";
import { HookPoint, Module, type Pattern, type Site } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Toy } from "../support/models.ts";

const test = suite("lists of patterns");

const unmatched = (pattern: Pattern): readonly [string, string] =>
  failure(() => new ActivationCaching(pattern).prepare(new Toy()));

test("every member of a list must match", () => {
  assert.equal(unmatched(["hook_first", "hook_frist"]), [
    "PATTERN_UNMATCHED",
    'No site matches "hook_frist", among 9 sites. The nearest names are hook_first, hook_mid, hook_out, hook_x, hook_second. Correct the pattern, or pass unmatched: "ignore".',
  ]);
  for (const dead of [
    ["hook_x", ["hook_mid", ["nothing"]]],
    [
      "hook_x",
      function nobody() {
        return false;
      },
    ],
    ["**", "!hook_frist"],
    ["!hook_x", "!nothing"],
  ] as const)
    assert.is(unmatched(dead)[0], "PATTERN_UNMATCHED");
  assert.match(
    unmatched([
      "hook_x",
      function nobody() {
        return false;
      },
    ])[1],
    'No site matches "nobody"',
  );
  assert.match(unmatched(["**", "!hook_frist"])[1], 'No site matches "!hook_frist"');
});

test("a list whose members all match is as before", () => {
  const paths = (pattern: Pattern): readonly string[] => {
    using hooked = new ActivationCaching(pattern).prepare(new Toy());
    return hooked.context.sites(pattern).map(({ path }) => path);
  };
  assert.equal(paths(["hook_x", "hook_first", "!hook_x"]), ["hook_first"]);
  assert.equal(paths(["hook_mid", (site: Site) => site.path === "hook_x"]), ["hook_x", "hook_mid"]);
  assert.equal(paths(["hook_{x,nothing}"]), ["hook_x"]);
});

test("unmatched governs a dead member: a warning, or nothing", () => {
  const model = new Toy();
  const heard: unknown[] = [];
  using warned = new ActivationCaching(["hook_x", "nothing"]).prepare(model, {
    unmatched: "warn",
    listen: (events) => events.on("unmatched", ({ patterns }) => heard.push(...patterns)),
  });
  assert.equal(heard, ["nothing"]);
  assert.equal(warned.context.sites("hook_x").length, 1);
  using ignored = new ActivationCaching(["hook_x", "nothing"]).prepare(model, { unmatched: "ignore" });
  assert.ok(ignored.context.binding.entries.length === 1);
});

test("sessions, single runs and composed factories hold to it, too", () => {
  const [model, x] = [new Toy(), scalar(2)];
  {
    using session = openSession(model);
    assert.is(failure(() => session.get(["hook_x", "nothing"]))[0], "PATTERN_UNMATCHED");
    assert.is(failure(() => session.set(["hook_x", "nothing"], 1))[0], "PATTERN_UNMATCHED");
    const handle = session.save("hook_x");
    assert.is(failure(() => handle.replacePattern(["hook_x", "nothing"]))[0], "PATTERN_UNMATCHED");
  }
  assert.is(
    failure(() => runWithCache(model, [x], { names: ["hook_x", "nothing"] }))[0],
    "PATTERN_UNMATCHED",
  );
  const factory = compose(new ActivationCaching("hook_x"), new ActivationCaching(["hook_x", "nothing"]));
  assert.is(failure(() => factory.prepare(model))[0], "PATTERN_UNMATCHED");
  x.dispose();
});

test("relative looks at each member below the submodule", () => {
  const relative = "second";
  const paths = (pattern: Pattern): readonly string[] => {
    using hooked = new ActivationCaching(pattern, { relative }).prepare(new Toy());
    return [...new Set(hooked.context.binding.entries.map(({ port }) => port.site.path))];
  };
  assert.equal(paths("hook_in"), ["second.hook_in"]);
  assert.equal(paths(["hook_in", (site: Site) => site.path === "hook_in"]), ["second.hook_in"]);
  assert.equal(
    failure(() => paths(["hook_in", "hook_first"])),
    [
      "PATTERN_UNMATCHED",
      'No site matches "second.hook_first", among 9 sites. The nearest names are second.hook_in, hook_first, first.hook_in, hook_mid, second. Correct the pattern, or pass unmatched: "ignore".',
    ],
  );
  assert.is(failure(() => paths(["**", "!hook_first"]))[0], "PATTERN_UNMATCHED");
});

test("relative takes exclusions from what is below, and names with the signs of globs as they are", () => {
  class Odd extends Module {
    readonly "in*put": Inner = new Inner();
    readonly input: Inner = new Inner();
    override forward(x: Tensor): Tensor {
      return this.input.call(this["in*put"].call(x));
    }
  }
  class Inner extends Module {
    readonly hook_a: HookPoint = new HookPoint();
    readonly hook_b: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return this.hook_b.call(this.hook_a.call(x));
    }
  }
  using hooked = new ActivationCaching("!hook_a", { relative: "in*put" }).prepare(new Odd());
  assert.equal(
    hooked.context.binding.entries.map(({ port }) => port.site.path),
    ["in*put.hook_b"],
  );
});

test.run();
