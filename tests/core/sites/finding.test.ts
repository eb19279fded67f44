import {
  compilePattern,
  HookPoint,
  Module,
  MultiHookManager,
  type Pattern,
  resolveTarget,
} from "@hookdict/core";
import * as fc from "fast-check";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("finding sites");

type Parts = Module | HookPoint | readonly Parts[] | { readonly [name: string]: Parts };

class Tree extends Module {
  readonly parts: Parts;
  constructor(parts: Parts) {
    super();
    this.parts = parts;
  }
  override forward(x: number): number {
    return x;
  }
}

function pathsOf(model: Module, pattern: Pattern): readonly string[] {
  using handle = new MultiHookManager(model).register(pattern, "fwd", () => undefined, {
    unmatched: "ignore",
  });
  return handle.paths;
}

/** Every site looked at, as patterns say it. */
function slowly(model: Module, pattern: Pattern): readonly string[] {
  const sites = resolveTarget(model).sites();
  return sites.filter((site) => compilePattern(pattern).matches(site)).map(({ path }) => path);
}

test("a pattern finds the same sites whether all are looked at or only those of its ending", () => {
  const name = fc.constantFrom("a", "b", "q");
  const { parts } = fc.letrec<{ parts: Parts }>((tie) => ({
    parts: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null).map(() => new HookPoint()),
      tie("parts").map((inner) => new Tree(inner)),
      fc.array(tie("parts"), { maxLength: 3 }),
      fc.dictionary(name, tie("parts"), { maxKeys: 3 }),
    ),
  }));
  const pattern = fc.constantFrom<Pattern>(
    "**.q",
    "**.a.q",
    "parts.*.q",
    "**.{a,0}",
    ["**.q", "**.b"],
    ["**.q", "!**.a.q"],
    "q",
  );
  fc.assert(
    fc.property(parts, pattern, (inner, glob) => {
      const model = new Tree(inner);
      assert.equal(pathsOf(model, glob), slowly(model, glob));
    }),
    { seed: 4, numRuns: 300 },
  );
});

test("a shared module is found by any of its paths, and named by its first", () => {
  const shared = new HookPoint();
  const model = new Tree({ first: shared, q: shared });
  assert.equal(pathsOf(model, "**.q"), ["parts.first"]);
  assert.equal(pathsOf(model, "**.first"), ["parts.first"]);
});

test("a module that contains itself, and containers that do, are gone through once", () => {
  const loop: Parts[] = [new HookPoint()];
  loop.push(loop);
  const record: Record<string, Parts> = { loop };
  const model = new Tree(record);
  record["again"] = model;
  assert.equal(pathsOf(model, "**"), ["parts.loop.0"]);
});

test("models may be nested deeper than the stack", () => {
  const depth = 20_000;
  let inner: Parts = new HookPoint();
  for (let i = 0; i < depth; i++) inner = new Tree(i % 2 === 0 ? inner : [inner]);
  const model = new Tree(inner);
  assert.is(resolveTarget(model).sites().length, depth + 1);
  assert.is(pathsOf(model, "**.none").length, 0);
});

test("a container without modules may have any name, one with modules may not", () => {
  assert.equal(pathsOf(new Tree({ "a.b": [], q: new HookPoint() }), "**"), ["parts.q"]);
  assert.equal(
    failure(() => pathsOf(new Tree({ q: new HookPoint(), "a.b": { q: new HookPoint() } }), "**.q"))[0],
    "PATH_SEGMENT",
  );
});

test.run();
