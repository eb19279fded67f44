import { HookPoint, Module, resolveTarget } from "@hookdict/core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("walking a model");

/** A model of any parts. */
class Tree extends Module {
  override forward(x: number): number {
    return x;
  }
}

function tree(parts: object): Tree {
  return Object.assign(new Tree(), parts);
}

function pathsOf(model: Module): readonly string[] {
  return resolveTarget(model)
    .sites()
    .flatMap(({ path, aliases = [] }) => [path, ...aliases]);
}

test("a module that is met twice is one site, in every walk, also where it holds what holds it", () => {
  const point = new HookPoint();
  const inner = tree({ point });
  const model = tree({ inner, again: point, list: [inner] });
  Object.assign(inner, { up: model, self: inner });
  const paths = ["inner", "inner.self", "list.0", "inner.point", "again"];
  for (let i = 0; i < 3; i++) assert.equal(pathsOf(model), paths);
  assert.equal(pathsOf(inner), ["point", "up.again", "up"]);
});

test("a walk that a getter begins inside of another takes nothing from it", () => {
  const shared = new HookPoint();
  const inner = tree({ shared });
  let walks = 0;
  const model = tree({ a: inner, b: inner });
  Object.defineProperty(model, "c", {
    enumerable: true,
    get: () => {
      if (++walks > 10) throw new Error("without end");
      assert.equal(pathsOf(inner), ["shared"]);
      return inner;
    },
  });
  Object.assign(model, { d: inner, e: new HookPoint() });
  assert.equal(pathsOf(model), ["a", "b", "c", "d", "a.shared", "e"]);
});

test("frozen modules and proxies of modules are walked as all others", () => {
  const frozen = Object.freeze(tree({ point: new HookPoint() }));
  const proxied = new Proxy(tree({ point: new HookPoint() }), {});
  const model = tree({ frozen, again: frozen, proxied, once: proxied });
  const paths = ["frozen", "again", "frozen.point", "proxied", "once", "proxied.point"];
  for (let i = 0; i < 2; i++) assert.equal(pathsOf(model), paths);
});

test("two copies of the package walk the same modules, and neither takes anything from the other", async () => {
  const url = new URL("../../../packages/core/src/modules/tree.ts", import.meta.url).href;
  interface Copy {
    walkModules(root: Module): readonly { readonly path: string }[];
  }
  const copies = (await Promise.all(["one", "two"].map((name) => import(`${url}?copy=${name}`)))) as Copy[];
  const inner = tree({ a: new HookPoint(), b: new HookPoint() });
  const outer = tree({ inner, c: new HookPoint() });
  for (let i = 0; i < 4; i++)
    for (const copy of copies) {
      assert.equal(
        copy.walkModules(inner).map(({ path }) => path),
        ["a", "b"],
      );
      assert.equal(
        copy.walkModules(outer).map(({ path }) => path),
        ["inner", "inner.a", "inner.b", "c"],
      );
    }
});

test.run();
