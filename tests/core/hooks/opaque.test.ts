import { captured, hookFunction, HookPoint, Module, site } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("values whose tensors cannot be seen");

class Box {
  readonly #tensor: Tensor;
  constructor(tensor: Tensor) {
    this.#tensor = tensor;
  }
  open(): Tensor {
    return this.#tensor;
  }
}

class Boxing extends Module {
  readonly hook_box: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return mul(this.hook_box.call(new Box(mul(x, 2))).open(), 1);
  }
}

const refusal = (deed: string, what: string): readonly string[] => [
  "VALUE_OPAQUE",
  `${what} cannot be ${deed}: the tensors that it holds cannot be seen, and would be freed with the run. Use a tensor, a TensorDict, or arrays and plain records of these.`,
];

/** A list that holds itself. */
function endless(y: Tensor): unknown {
  const list: unknown[] = [y];
  list.push(list);
  return list;
}

/** Ways to hide a tensor, and how they are called. */
const HIDING: readonly (readonly [(y: Tensor) => unknown, string])[] = [
  [(y) => () => y, "A function"],
  [(y) => ({ [Symbol("y")]: y }), "A record with hidden properties"],
  [(y) => Object.defineProperty({}, "y", { value: y }), "A record with hidden properties"],
  [(y) => Object.assign([1], { y }), "A list with holes or further properties"],
  [endless, "A structure that holds itself"],
];

test("an instance of a class is refused at capture, and nothing is left behind", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("hook_box").prepare(new Boxing());
  const [code, message] = failure(() => hooked.call(x));
  assert.is(code, "HOOK_THREW");
  assert.match(message, "A value of the class Box cannot be captured");
  assert.is(hooked.cache.size, 0);
  x.dispose();
});

test("an instance of a class, however deep, is refused as an output of call", () => {
  const x = scalar(3);
  const returning = [
    [(y: Tensor) => new Box(mul(y, 2)), "A value of the class Box"],
    [(y: Tensor) => ({ deep: [mul(y, 2), new Box(mul(y, 3))] }), "A value of the class Box"],
    [(y: Tensor) => new Map([["y", mul(y, 2)]]), "A value of the class Map"],
    ...HIDING,
  ] as const;
  for (const [fn, name] of returning) {
    const model = hookFunction((y: Tensor) => fn(site("y", y)), { sites: { y: null } });
    using hooked = new ActivationCaching("y").prepare(model);
    assert.equal(
      failure(() => hooked.call(x)),
      refusal("returned by call", name),
    );
  }
  x.dispose();
});

test("what hides its tensors otherwise is refused at capture, too, and nothing is left behind", () => {
  const x = scalar(3);
  for (const [fn, what] of HIDING) {
    assert.equal(
      failure(() => captured(fn(x))),
      refusal("captured", what),
    );
  }
  x.dispose();
});

test("what surely holds no tensors is captured as it is", () => {
  const values = [3, "text", null, new Float32Array([1, 2]), new Date(0)];
  assert.equal(values.map(captured), values);
});

test("a record that is refused half-way frees what was captured of it", () => {
  const x = scalar(3);
  assert.equal(
    failure(() => captured({ x, box: new Box(x) })),
    refusal("captured", "A value of the class Box"),
  );
  x.dispose();
});

test.run();
