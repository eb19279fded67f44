import { TensorDict } from "@hookdict/tensordict";
import * as contexts from "@hookdict/contexts";
import * as latent from "@hookdict/latent";
import { assert, suite } from "../gate/suite.ts";
import { isUpToDate } from "../support/generated.ts";
import { GRADIENT_PAIRS } from "./gradient-pairs.ts";
import { GRADIENT_MEMBERS, type Member, VALUE_MEMBERS } from "./pair-members.ts";
import { backwardOutcome, callOutcome, WAYS } from "./pair-runs.ts";
import { pairsSections } from "./pairs-doc.ts";
import { type Captured, isSameTurned, PAIRS } from "./pairs.ts";

const test = suite("pairs of factories");

for (const { first, second, captured, result, gradient, passes, isOrdered } of PAIRS) {
  const names = `${first.name}; ${second.name}`;
  test(names, () => {
    for (const way of Object.values(WAYS)) {
      assert.equal(callOutcome(way(first, second)), { captured, result, passes });
      for (const direction of ["bwd_pre", "bwd"] as const)
        assert.equal(backwardOutcome(way(first, second), direction), { captured, gradient, passes });
    }
  });
  test(`${names}: ${isOrdered ? "their order matters" : "any order"}`, () => {
    const there = { ...callOutcome(WAYS.composed(first, second)), gradient };
    const back = {
      ...callOutcome(WAYS.composed(second, first)),
      gradient: gradientOf(backwardOutcome(WAYS.composed(second, first), "bwd_pre")),
    };
    assert.is(!isExchangeable(first, second, there, back), isOrdered);
  });
}

for (const { first, second, outcomes, passes, isOrdered } of GRADIENT_PAIRS) {
  for (const direction of ["bwd_pre", "bwd"] as const) {
    test(`${first.name}; ${second.name}: ${direction}`, () => {
      const outcome = outcomes[direction];
      const expected = typeof outcome === "string" ? outcome : { ...outcome, passes };
      for (const way of Object.values(WAYS))
        assert.equal(backwardOutcome(way(first, second), direction), expected);
      const exchanged = backwardOutcome(WAYS.composed(second, first), direction);
      assert.is(!isExchangeable(first, second, expected, exchanged), isOrdered);
    });
  }
}

function gradientOf(outcome: ReturnType<typeof backwardOutcome>): number | null {
  return typeof outcome === "string" ? null : outcome.gradient;
}

/** Whether two outcomes are the same but for who captured what; so are two of one kind, which differ in place alone. */
function isExchangeable(
  first: Member,
  second: Member,
  there: string | { readonly captured: Captured },
  back: string | { readonly captured: Captured },
): boolean {
  if (first === second) return true;
  if (typeof there === "string" || typeof back === "string") return there === back;
  return isSameTurned(there, back);
}

/** What acts on an attention, on a stream of tokens, by a dictionary or on an estimator, not on any site's value: see `tests/latent`. */
const ELSEWHERE: readonly unknown[] = [
  latent.ActivationAddition,
  latent.AttentionKnockout,
  latent.AttentionSteering,
  latent.DictionarySplicing,
  latent.Probing,
  latent.TranscoderSplicing,
];

test("every factory that is shipped is in the tables, or acts on what they have not", () => {
  const shipped = Object.values({ ...contexts, ...latent }).filter(
    (value) => typeof value === "function" && value.prototype instanceof contexts.HookingContextFactory,
  );
  const source = new TensorDict();
  const made = [...VALUE_MEMBERS, ...GRADIENT_MEMBERS].map(({ make }) => make({ source, backward: "bwd" }));
  const tried = new Set<unknown>(made.map((factory) => factory.constructor));
  assert.equal(
    shipped.filter((value) => !tried.has(value)),
    ELSEWHERE,
  );
  assert.ok(shipped.length > 0);
});

test("the tables in docs/contexts.md are these; `pnpm tables` writes them", () => {
  for (const section of pairsSections()) assert.ok(isUpToDate(section), section.name);
});

test.run();
