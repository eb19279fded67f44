import { countHooks, TensorDict } from "@hookdict/core";
import { compose, type HookingContext, HookingContextWithCache } from "@hookdict/contexts";
import { type CallResult, type HookedModule } from "@hookdict/core";
import { memory, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { isUpToDate } from "../support/generated.ts";
import { pairsSection } from "./pairs-doc.ts";
import { type Member, MEMBERS, type Pair, PAIRS, Weighted } from "./pairs.ts";

const test = suite("pairs of factories");

type Outcome = Pick<Pair, "captured" | "result" | "passes">;
type Prepare = (
  model: Weighted,
  source: TensorDict,
) => readonly [HookedModule<[Tensor], Tensor>, readonly HookingContext[]];

function valueOf(context: HookingContext): number | null {
  if (!(context instanceof HookingContextWithCache)) return null;
  return context.cache.get(["fwd", "hook_mid"]).dataSync()[0] ?? null;
}

function take(result: CallResult<Tensor>, weight: number): number | null {
  if (result.stopped) return null;
  const [output = Number.NaN] = result.output.dataSync();
  result.output.dispose();
  return output / weight;
}

/** Runs once, and checks that hooks, weights and tensors are as before. */
function outcomeOf(prepare: Prepare): Outcome {
  using model = new Weighted();
  const source = new TensorDict();
  source.set(["fwd", "hook_mid"], scalar(10));
  const x = scalar(2);
  const tensors = memory().numTensors;
  const [hooked, contexts] = prepare(model, source);
  const result = take(hooked.tryCall(x), 3);
  const captured = contexts.map(valueOf) as [number | null, number | null]; // two contexts
  for (const context of contexts.toReversed()) context.dispose();
  hooked.dispose();
  assert.is(countHooks(model), 0);
  assert.is(model.hookSlot, null);
  assert.equal([...model.weight.dataSync()], [3]);
  assert.is(memory().numTensors, tensors);
  x.dispose();
  source.dispose();
  return { captured, result, passes: model.passes };
}

const composed =
  (first: Member, second: Member): Prepare =>
  (model, source) => {
    const hooked = compose(MEMBERS[first](source), MEMBERS[second](source)).prepare(model);
    return [hooked, hooked.context.parts];
  };

const nested =
  (first: Member, second: Member): Prepare =>
  (model, source) => {
    const below = MEMBERS[first](source).prepare(model);
    const above = MEMBERS[second](source).prepare(below);
    return [above, [below.context, above.context]];
  };

for (const { first, second, captured, result, passes, isOrdered } of PAIRS) {
  test(`${first}; ${second}`, () => {
    const outcome = outcomeOf(composed(first, second));
    assert.equal(outcome, { captured, result, passes });
    assert.equal(outcomeOf(nested(first, second)), outcome);
    const exchanged = outcomeOf(composed(second, first));
    const back = { ...exchanged, captured: exchanged.captured.toReversed() };
    // Two of one kind: what either captures depends on its place, not on which of them it is.
    const isSame = first === second || JSON.stringify(back) === JSON.stringify(outcome);
    assert.is(!isSame, isOrdered);
  });
}

test("the table has every pair once", () => {
  const names = Object.keys(MEMBERS);
  const wanted = names.flatMap((first) => names.map((second) => `${first}; ${second}`));
  assert.equal(PAIRS.map(({ first, second }) => `${first}; ${second}`).toSorted(), wanted.toSorted());
});

test("the table in docs/contexts.md is this one; `pnpm tables` writes it", () => {
  assert.ok(isUpToDate(pairsSection()));
});

test.run();
