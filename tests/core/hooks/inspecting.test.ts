import { hasHooks, HookPoint, listHooks, Module, MultiHookManager, removeHooks } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Toy } from "../../support/models.ts";

const test = suite("hooks that stand on a model");

test("all hooks are listed with site, direction, owner and function, whoever registered them", () => {
  const model = new Toy();
  using manager = new MultiHookManager(model, { name: "mine" });
  manager.register("hook_mid", "bwd", function look() {});
  using _hooked = new ActivationCaching("hook_x").prepare(model);
  const shown = listHooks(model).map((hook) => [
    hook.site.path,
    hook.direction,
    hook.kind,
    hook.owner,
    hook.function,
    hook.isPermanent,
  ]);
  assert.equal(shown, [
    ["hook_mid", "bwd", "replace", "mine", "look", true],
    ["hook_x", "fwd", "observe", "ActivationCaching", "", false],
  ]);
});

test("hooks are asked for by owner, site and direction, and by all of them", () => {
  const model = new Toy();
  using manager = new MultiHookManager(model, { name: "mine" });
  manager.register("{hook_mid,hook_x}", "bwd", () => undefined);
  assert.ok(hasHooks(model, { sites: "hook_*", direction: "bwd", owner: "mine" }));
  for (const filter of [{ sites: "first" }, { direction: "fwd" }, { owner: "else" }] as const)
    assert.not(hasHooks(model, filter));
  assert.is(failure(() => hasHooks(model, { direction: "up" as never }))[0], "DIRECTION_UNKNOWN");
});

test("lost hooks are removed, permanent ones on request, and the model is bare again", () => {
  const model = new Toy();
  new MultiHookManager(model, { name: "lost" }).register("{hook_mid,hook_x}", "fwd", () => undefined);
  const hooked = new ActivationCaching("hook_x").prepare(model);
  assert.is(removeHooks(model, { sites: "hook_mid" }), 0);
  assert.is(removeHooks(model), 1);
  assert.is(removeHooks(model, { permanent: true, sites: "hook_mid" }), 1);
  assert.is(removeHooks(model, { permanent: true }), 1);
  hooked.dispose();
  assert.is(model.hookSlot, null);
});

test("a model's author refuses hooks at a site, with a reason", () => {
  class Closed extends Module {
    readonly hook_a: HookPoint = new HookPoint({ refuses: "its value is shared by all runs." });
    readonly hook_b: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return this.hook_b.call(this.hook_a.call(x));
    }
  }
  const model = new Closed();
  using manager = new MultiHookManager(model);
  for (const pattern of ["hook_a", "**"]) {
    assert.equal(
      failure(() => manager.register(pattern, "fwd", () => undefined)),
      [
        "HOOKS_REFUSED",
        'The model takes no hooks at hook_a: its value is shared by all runs. Hook another site, or leave this one out: ["**", "!hook_a"].',
      ],
    );
  }
  assert.equal(manager.register(["**", "!hook_a"], "fwd", () => undefined).paths, ["hook_b"]);
});

test("a model shows the lists that its parts are in, too", () => {
  class Stack extends Module {
    readonly hook_in: HookPoint = new HookPoint({ axes: ["batch"] });
    readonly blocks: readonly Toy[] = [new Toy(), new Toy()];
    override forward(x: Tensor): Tensor {
      return this.blocks.reduce((y, block) => block.call(y), this.hook_in.call(x));
    }
  }
  const lines = String(new Stack()).split("\n");
  assert.equal(
    lines.slice(0, 6).map((line) => line.replace(/(?<=\S) +(?=\S)/g, " ")),
    [
      "Stack: 21 sites",
      "  hook_in HookPoint [batch]",
      "  blocks",
      "    0 Toy",
      "      hook_x HookPoint",
      "      first Square",
    ],
  );
  assert.is(lines.filter((line) => line.trim() === "blocks").length, 1);
  assert.ok(lines.length <= 30);
});

test("a hook without a type sees a tensor", () => {
  const model = new Toy();
  const x = scalar(2);
  using hooked = new ActivationCaching("hook_x").prepare(model);
  const shapes: number[][] = [];
  hooked.context.hook("hook_x", "fwd", (value) => void shapes.push(value.shape));
  hooked.call(x).dispose();
  assert.equal(shapes, [[]]);
  x.dispose();
});

test.run();
