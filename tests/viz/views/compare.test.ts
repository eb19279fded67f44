import { lens, type Matrix, stream, type Tokens, toText } from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("pictures of two");
const step = (token: string, p = 0.5): { token: string; p: number } => ({ token, p });

test("two lenses stand one below the other, with their difference and where they name other tokens", () => {
  const d = lens({
    name: "logit",
    tokens: ["a", "b"],
    layers: ["first", "last"],
    top: ["x", "y", "z", "w"],
    p: [0.5, 0.25, 1, 0],
    other: { name: "tuned", top: ["x", "y", "z", "v"], p: [0.25, 0.25, 0.5, 0.5] },
  });
  const [own, other, difference] = d.blocks as readonly [Matrix, Matrix, Matrix];
  assert.equal([own.title, other.title, difference.title], ["logit", "tuned", "difference"]);
  assert.equal([...difference.values], [0.5, -0.5, 0.25, 0]); // the last layer is drawn above
  assert.equal(difference.text, ["=", "w | v", "=", "="]);
  assert.is(d.scales["difference"]?.title, "logit − tuned");
  assert.match(toText(d, { columns: 80, colour: 0 }), /tuned; rows: layer; columns: position/);
});

test("a lens of another size is refused", () => {
  const data = { tokens: ["a"], layers: ["first"], top: ["x"], p: [1] };
  assert.equal(
    failure(() => lens({ ...data, other: { top: ["x", "y"], p: [1] } })),
    ["VIEW_DATA", "lens was given top and p of the other of the shape [2, 1]. Needed is [1, 1]."],
  );
});

test("of two runs it is told from which step on they are others", () => {
  const d = stream({
    steps: [step("a"), step("b"), step("c")],
    other: { name: "plain", steps: [step("a"), step("x", 1)] },
  });
  const other = d.blocks.find((block): block is Tokens => block.id === "other tokens");
  assert.is(other?.title, "plain: another from step 1 on");
  const lines = d.blocks.find(({ block }) => block === "lines") as never as {
    readonly series: readonly { readonly name: string; readonly values: Float32Array }[];
  };
  assert.equal(
    lines.series.map(({ name, values }) => [name, ...values]),
    [
      ["first", 0.5, 0.5, 0.5],
      ["plain", 0.5, 1, Number.NaN],
    ],
  );
});

test("a branch has another token at a step, and the run that it leaves beside it", () => {
  const steps = [step("a"), step("b"), step("c")];
  const branch = stream.branch({ steps, first: 10 }, 11, step("x", 0.1));
  assert.equal(
    branch.steps.map(({ token }) => token),
    ["a", "x"],
  );
  assert.equal(branch.other, { name: "before", steps });
  const grown = stream.grow(branch, { step: step("y") });
  assert.equal(
    grown.steps.map(({ token }) => token),
    ["a", "x", "y"],
  );
  assert.equal(
    failure(() => stream.branch({ steps }, 3, step("x"))),
    [
      "VIEW_DATA",
      "stream was given a branch at step 3 of steps 0 to 2. Give the number of a step that there is.",
    ],
  );
});

test.run();
