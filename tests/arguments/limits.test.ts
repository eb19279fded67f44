import { IntegratedGradients } from "@hookdict/attribution";
import { Interventions } from "@hookdict/contexts";
import { hookFunction } from "@hookdict/core";
import { seededValues } from "@hookdict/core/testing";
import { ActivationCaching, DictionaryTrainer } from "@hookdict/latent";
import { CausalCache } from "@hookdict/models";
import { countWords, isCount, isEndless, MOST_COUNT, TensorDict } from "@hookdict/tensordict";
import { tensor1d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";

// Numbers that nobody can count to, and values that hold themselves, are refused at once: neither takes memory or time.

const test = suite("arguments that have no end");

const counted = `a whole number from 1 to ${MOST_COUNT}`;

function endless(): unknown[] {
  const list: unknown[] = [];
  list.push(list, { again: list }, list);
  return list;
}

test("a count has a limit, which the error tells", () => {
  assert.equal([isCount(1), isCount(0), isCount(MOST_COUNT), isCount(1e9)], [true, false, true, false]);
  assert.equal([countWords(), counted], [counted, "a whole number from 1 to 16777216"]);
  for (const huge of [1e9, 2 ** 31, Number.MAX_SAFE_INTEGER])
    assert.equal(
      failure(() => new IntegratedGradients({ steps: huge })),
      ["OPTION_INVALID", `The option steps of IntegratedGradients is ${huge}. Give ${counted}.`],
    );
  assert.equal(
    failure(() => seededValues(1e9, 1)),
    [
      "ARGUMENT_INVALID",
      `seededValues was given 1000000000 as count. Give a whole number from 0 to ${MOST_COUNT}.`,
    ],
  );
  assert.equal(
    failure(() => new CausalCache({ capacity: 1e9 })),
    ["CACHE_OPTION", `"capacity" of a cache is 1000000000; it must be ${counted}.`],
  );
});

test("counts that are small one by one may be too large together", () => {
  assert.equal(
    failure(() => new CausalCache({ capacity: 1e5, maxSequences: 1e5 })),
    ["CACHE_OPTION", `"capacity times maxSequences" of a cache is 10000000000; it must be ${counted}.`],
  );
  assert.equal(
    failure(() => new DictionaryTrainer({ dIn: 1e6, dSae: 1e6, activation: "topK", k: 1 })),
    [
      "OPTION_INVALID",
      "The option dSae of DictionaryTrainer is 1000000. Give at most 1073, for rows of 1000000 numbers.",
    ],
  );
  using td = new TensorDict({ x: tensor1d([1, 2]) }, { batchSize: [2] });
  assert.equal(
    failure(() => td.repeat([1e9])),
    [
      "ARGUMENT_INVALID",
      "repeat was given 1000000000 as a count. Give a whole number from 0 to 8388608, for a dim of 2.",
    ],
  );
  assert.equal(
    failure(() => td.repeatInterleave(1e9, 0)),
    [
      "ARGUMENT_INVALID",
      "repeatInterleave was given 1000000000 as a count. Give a whole number from 0 to 8388608, for a dim of 2.",
    ],
  );
});

test("what is held twice has an end, what holds itself has none", () => {
  const shared = [1];
  assert.equal([isEndless([shared, shared]), isEndless(endless()), isEndless(1)], [false, true, false]);
});

test("a value that holds itself is refused wherever it is given", () => {
  using td = new TensorDict({ x: tensor1d([1, 2]) }, { batchSize: [2] });
  assert.equal(
    failure(() => td.at(endless() as never)),
    [
      "INDEX_INVALID",
      "tuple (…, record { again: … }, …) holds itself, so it is no index for dim 0. Give a whole number, { start, end, step }, lists of whole numbers or of booleans, or an int32 or bool tensor.",
    ],
  );
  assert.equal(
    failure(() => new Interventions({ captures: endless() as never })),
    [
      "SPEC_INVALID",
      "A HookSpec does not hold: captures[0] is a list that holds itself, not a record. docs/specs.md lists what a spec is made of.",
    ],
  );
  assert.equal(
    failure(() => new ActivationCaching(endless() as never)),
    [
      "PATTERN_INVALID",
      'The pattern "a list" cannot be used: it is nested deeper than 100, or holds itself. A pattern is a glob over paths such as "blocks.*.attn.hook_q", a function (site) => boolean, or a list of these.',
    ],
  );
});

test("a model that returns what holds itself is refused, and leaves nothing", () => {
  using model = new ActivationCaching("hidden").prepare(
    hookFunction(() => endless(), { name: "endless", sites: { hidden: null } }),
  );
  const refused = [
    "VALUE_OPAQUE",
    "A structure that holds itself cannot be returned by call: the tensors that it holds cannot be seen, and would be freed with the run. Use a tensor, a TensorDict, or arrays and plain records of these.",
  ];
  assert.equal(
    failure(() => model.call()),
    refused,
  );
  using same = new ActivationCaching("hidden").prepare(
    hookFunction((x: unknown) => x, { name: "same", sites: { hidden: null } }),
    { unmatched: "ignore" },
  );
  assert.equal(
    failure(() => same.call(endless())),
    refused,
  );
});

test.run();
