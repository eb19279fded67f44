import {
  Binding,
  countHooks,
  coverSites,
  hookFunction,
  HookPoint,
  listHooks,
  Module,
  MultiHookManager,
  removeHooks,
  site,
} from "@hookdict/core";
import { add, mul, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { leakFree } from "@hookdict/core/testing";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("hooks on every site at once");

class Two extends Module {
  readonly hook_a: HookPoint = new HookPoint();
  readonly hook_b: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_b.call(mul(this.hook_a.call(x), 2));
  }
}

const look = { run: (): undefined => undefined };

/** An owner whose hooks write down what passes, and how to end it. */
function watching(model: Module, name: string, seen: string[]): Binding {
  const owner = new Binding(model.hookTarget(), name);
  const hook = {
    run: (_: Tensor, info: { site: { path: string }; direction: string; pass: number }) =>
      void seen.push(`${name} ${info.direction} ${info.site.path} ${info.pass}`),
  };
  coverSites(owner, owner.target.sites(), hook, hook);
  return owner;
}

function run(model: Module, x = 3): number {
  return tidy(() => (model.hookTarget().call([scalar(x)] as never) as Tensor).dataSync()[0] ?? NaN);
}

test("a cover fires at inputs and outputs of all sites, is listed, and is gone without a trace", () =>
  leakFree(() => {
    const model = new Two();
    const seen: string[] = [];
    for (const name of ["first", "second"]) {
      using owner = watching(model, name, seen);
      assert.is(countHooks(model), 4);
      assert.is(listHooks(model, { owner: name }).length, 4);
      assert.is(owner.entries.length, 4);
      assert.is(run(model), 6);
      assert.equal(owner.unfired, []);
    }
    const each = (name: string): readonly string[] =>
      ["a", "b"].flatMap((at) => [`${name} fwd_pre hook_${at} 0`, `${name} fwd hook_${at} 0`]);
    assert.equal(seen, [...each("first"), ...each("second")]);
    assert.is(countHooks(model), 0);
    assert.is(model.hook_a.hookSlot, null);
    assert.is(model.hookSlot, null);
  }));

test("hooks of others fire before and after it, in the order of registration, each time anew", () =>
  leakFree(() => {
    const model = new Two();
    for (let turn = 0; turn < 3; turn++) {
      const seen: string[] = [];
      using manager = new MultiHookManager(model);
      const note = (text: string) => (): void => void seen.push(text);
      if (turn !== 1) manager.register("hook_a", "fwd", note("before"));
      using _owner = watching(model, "cover", seen);
      manager.register("hook_a", "fwd", note("after"));
      run(model);
      const wanted = [...(turn === 1 ? [] : ["before"]), "cover fwd hook_a 0", "after"];
      assert.equal(
        seen.filter((text) => !text.includes("_pre") && !text.includes("hook_b")),
        wanted,
      );
    }
    assert.is(countHooks(model), 0);
  }));

test("two covers stand on one model, and either may go first", () =>
  leakFree(() => {
    const model = new Two();
    for (const order of [
      [0, 1],
      [1, 0],
      [0, 1],
    ] as const) {
      const seen: string[] = [];
      const owners = [watching(model, "one", seen), watching(model, "two", seen)];
      run(model);
      assert.equal(seen.slice(0, 2), ["one fwd_pre hook_a 0", "two fwd_pre hook_a 0"]);
      owners[order[0]]?.dispose();
      seen.length = 0;
      run(model);
      assert.is(seen.length, 4);
      owners[order[1]]?.dispose();
      assert.is(countHooks(model), 0);
      assert.is(model.hook_b.hookSlot, null);
    }
  }));

test("a model that has grown, shrunk or changed its parts is covered as it is", () =>
  leakFree(() => {
    class Grown extends Module {
      readonly parts: Record<string, HookPoint> = { a: new HookPoint() };
      override forward(x: Tensor): Tensor {
        return Object.values(this.parts).reduce((value, part) => part.call(value), x);
      }
    }
    const model = new Grown();
    const covered = (): readonly string[] => {
      const seen: string[] = [];
      using _owner = watching(model, "cover", seen);
      run(model);
      return seen.filter((text) => text.includes(" fwd ")).map((text) => text.split(" ")[2] ?? "");
    };
    assert.equal(covered(), ["parts.a"]);
    const same = model.hookTarget().sites();
    assert.is(model.hookTarget().sites(), same);
    model.parts["b"] = new HookPoint();
    assert.equal(covered(), ["parts.a", "parts.b"]);
    assert.equal([...model.hookTarget().sites()].map(({ path }) => path).slice(0, 1), [same[0]?.path]);
    const { a } = model.parts;
    delete model.parts["a"];
    assert.equal(covered(), ["parts.b"]);
    model.parts["c"] = a as HookPoint;
    assert.equal(covered(), ["parts.b", "parts.c"]);
    model.parts["d"] = a as HookPoint; // shared: one site by two names
    assert.equal(model.hookTarget().sites().at(-1)?.aliases, ["parts.d"]);
    assert.equal(covered(), ["parts.b", "parts.c", "parts.c"]);
    delete model.parts["d"];
    assert.is(model.hookTarget().sites().at(-1)?.aliases, undefined);
  }));

test("a hook is not asked to look at passes that it ignores, and counts as having fired", () =>
  leakFree(() => {
    const model = new Two();
    using owner = new Binding(model.hookTarget(), "owner");
    const [asked, fired]: [string[], string[]] = [[], []];
    const hook = {
      ignores: ({ path }: { path: string }, pass: number) =>
        asked.push(`${path} ${pass}`) > 0 && path === "hook_a",
      run: (_: Tensor, { site: { path } }: { site: { path: string } }) => void fired.push(path),
    };
    coverSites(owner, owner.target.sites(), look, hook);
    owner.stopEarly();
    run(new Two());
    assert.is(failure(() => run(model))[0], "RUN_STOPPED"); // at its last site: all have fired
    assert.equal(asked, ["hook_a 0", "hook_b 0"]);
    assert.equal(fired, ["hook_b"]);
  }));

test("hooks of a cover may replace, and go one by one where somebody removes them", () =>
  leakFree(() => {
    const model = new Two();
    using owner = new Binding(model.hookTarget(), "owner");
    const takeOff = coverSites(owner, owner.target.sites(), look, { run: (value: Tensor) => add(value, 1) });
    assert.is(run(model), 9);
    assert.is(removeHooks(model, { sites: "hook_b" }), 2);
    assert.is(run(model), 8);
    takeOff();
    takeOff();
    assert.is(run(model), 6);
    assert.is(countHooks(model), 0);
    coverSites(owner, owner.target.sites(), look, { run: (value: Tensor) => add(value, 1) });
    assert.is(run(model), 9);
  }));

test("a cover that ends within a run fires no more, and one that begins there waits for the next", () =>
  leakFree(() => {
    const model = new Two();
    const seen: string[] = [];
    using manager = new MultiHookManager(model);
    const first = watching(model, "first", seen);
    let second: Binding | undefined;
    manager.register("hook_a", "fwd", () => {
      first.dispose();
      second ??= watching(model, "second", seen);
    });
    run(model);
    assert.equal(seen, ["first fwd_pre hook_a 0", "first fwd hook_a 0"]);
    run(model);
    assert.is(seen.filter((text) => text.startsWith("second")).length, 4);
    second?.dispose();
  }));

test("a frozen model keeps no hook, and a model that refuses one has none", () =>
  leakFree(() => {
    const model = new Two();
    for (let turn = 0; turn < 2; turn++) {
      const owner = watching(model, "owner", []);
      if (turn === 0) Object.freeze(model.hook_a);
      owner.dispose();
      assert.is(countHooks(model), 0);
      assert.is(model.hook_a.hookSlot?.size ?? 0, 0);
    }
    class Closed extends Two {
      readonly hook_c: HookPoint = new HookPoint({ refuses: "it is shared." });
    }
    const closed = new Closed();
    using owner = new Binding(closed.hookTarget(), "owner");
    assert.is(failure(() => coverSites(owner, owner.target.sites(), look, look))[0], "HOOKS_REFUSED");
    assert.is(countHooks(closed), 0);
    assert.is(closed.hook_a.hookSlot, null);
  }));

test("functions are covered, too, and bad arguments are refused", () =>
  leakFree(() => {
    const model = hookFunction((x: number) => site("twice", 2 * x) + 1);
    model.call(1);
    using owner = new Binding(model.hookTarget(), "owner");
    const sites = owner.target.sites();
    coverSites<number>(owner, sites, look, { run: (value) => value + 1 });
    assert.is(model.call(3), 8);
    for (const [call, code] of [
      [() => coverSites({} as Binding, sites, look, look), "ARGUMENT_INVALID"],
      [() => coverSites(owner, [1] as never, look, look), "PATTERN_INVALID"],
      [() => coverSites(owner, sites, look, {} as never), "HOOK_INVALID"],
    ] as const)
      assert.is(failure(call)[0], code);
    const [, told] = failure(() => coverSites(owner, sites, look, { ...look, ignores: 1 as never }));
    assert.is(told, "A hook was given with ignores 1. It must be a function of the site and its pass.");
  }));

test.run();
