import { Binding, countHooks, HookPoint, Module, mountModule, resolveTarget } from "@hookdict/core";
import { scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { failure } from "../../support/failure.ts";
import { assert, suite } from "../../gate/suite.ts";
import { Toy } from "../../support/models.ts";
import { takeOne } from "../../support/values.ts";

const test = suite("mounting");

/** x → x, with a point, and parts that are there once they are named. */
class Extra extends Module {
  readonly hook_value: HookPoint = new HookPoint({ axes: ["batch"] });
  named: string[] = [];
  override forward(x: Tensor): Tensor {
    return this.hook_value.call(x);
  }
  override partNamed(source: string, path: string): void {
    this.named.push(`${source} at ${path}`);
  }
}

function mounted(model: Toy, extra = new Extra()): Binding {
  const binding = new Binding(resolveTarget(model), "test");
  mountModule(binding, "hook_mid.extra", extra);
  binding.hook("hook_mid", "fwd", (value) => extra.forward(value));
  return binding;
}

test("a mounted module's parts are sites until their owner ends", () => {
  const model = new Toy();
  const binding = mounted(model);
  const target = resolveTarget(model);
  const site = target.sites().at(-1);
  assert.is(site?.path, "hook_mid.extra.hook_value");
  assert.equal(site?.axes, ["batch"]);
  assert.equal(
    binding.sites("**.hook_value").map(({ path }) => path),
    ["hook_mid.extra.hook_value"],
  );
  binding.dispose();
  assert.not.ok(target.sites().some(({ path }) => path.includes("extra")));
});

test("hooks of other owners at such a site run, count its passes and end with their owner", () => {
  const model = new Toy();
  const binding = mounted(model);
  const other = new Binding(resolveTarget(model), "other");
  other.hook("**.hook_value", "fwd", (value: Tensor) => square(value));
  const x = scalar(1);
  assert.is(takeOne(resolveTarget(model).call([x])), (4 * 4) ** 2 - 4);
  assert.equal(other.unfired, []);
  binding.dispose(); // the first one goes: what the other had there fires no more
  assert.is(takeOne(resolveTarget(model).call([x])), 4 * 4 - 4);
  other.dispose();
  x.dispose();
  assert.is(countHooks(model), 0);
});

test("patterns tell a mounted module what they name", () => {
  const extra = new Extra();
  const binding = mounted(new Toy(), extra);
  binding.sites(["**.hook_value", "!hook_x"]);
  assert.ok(extra.named.includes("**.hook_value at hook_mid.extra"));
  assert.not.ok(extra.named.some((name) => name.startsWith("!")));
  binding.dispose();
});

test("a place that is taken is refused", () => {
  const model = new Toy();
  const binding = mounted(model);
  assert.equal(
    failure(() => mountModule(binding, "hook_mid.extra", new Extra())),
    ["MOUNT_TAKEN", "Toy has a site hook_mid.extra.hook_value already. Give what is added another name."],
  );
  binding.dispose();
  assert.is(failure(() => mountModule(binding, "elsewhere", new Extra()))[0], "CONTEXT_DISPOSED");
});

test.run();
