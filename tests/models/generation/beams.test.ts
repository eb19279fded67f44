import { type BeamOptions, beamSearch, loadModel, type LogitsModel } from "@hookdict/models";
import { memory } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { familyFolder } from "../families/variants.ts";

const test = suite("Beam search");

/** What transformers 5.24's `generate` finds with as many beams: new tokens and score of each row, at most 10 tokens. */
const CASES: readonly (readonly [string, BeamOptions, readonly (readonly [readonly number[], number])[]])[] =
  [
    [
      "gpt2",
      { beams: 3 },
      [
        [[87, 29, 5, 72, 94, 9, 9, 35, 9, 72], -0.51723],
        [[87, 29, 5, 72, 72, 30, 57, 57, 57, 57], -0.52973],
        [[87, 29, 5, 72, 72, 30, 57, 57, 57, 72], -0.55371],
      ],
    ],
    [
      "gpt2",
      { beams: 4, lengthPenalty: 2 },
      [
        [[62, 94, 90, 30, 44, 10, 10, 72, 17, 72], -0.04993],
        [[87, 29, 5, 72, 94, 9, 9, 35, 9, 72], -0.05172],
        [[87, 29, 5, 72, 72, 30, 57, 57, 57, 57], -0.05297],
        [[87, 29, 5, 72, 72, 30, 57, 57, 57, 72], -0.05537],
      ],
    ],
    [
      "gpt2",
      { beams: 2, lengthPenalty: -1 },
      [
        [[87, 29, 5, 72, 94, 9, 9, 35, 9, 72], -51.72304],
        [[87, 29, 5, 72, 72, 30, 57, 57, 57, 57], -52.97314],
      ],
    ],
    [
      "gpt2",
      { beams: 3, repetitionPenalty: 1.7 },
      [
        [[62, 94, 90, 30, 44, 10, 10, 72, 17, 72], -0.57026],
        [[87, 29, 5, 72, 94, 9, 9, 35, 9, 72], -0.68064],
        [[87, 29, 5, 72, 94, 9, 9, 35, 9, 9], -0.74415],
      ],
    ],
    [
      "t5",
      { beams: 3, repetitionPenalty: 1.7 },
      [
        [[24, 66, 10, 10, 10, 27, 24, 24, 24, 24], -0.78757],
        [[24, 66, 10, 10, 10, 10, 10, 10, 10, 10], -0.83661],
        [[24, 66, 10, 10, 10, 27, 24, 24, 24, 66], -0.91541],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: 1, earlyStopping: false, stopTokens: [51, 34, 72] },
      [
        [[53, 66, 51], -0.40615],
        [[53, 5, 75, 51], -1.20692],
        [[75, 18, 82, 11, 72], -1.24972],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: 1, earlyStopping: true, stopTokens: [51, 34, 72] },
      [
        [[53, 66, 51], -0.40615],
        [[65, 34], -1.50654],
        [[51], -1.97677],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: 1, earlyStopping: "never", stopTokens: [51, 34, 72] },
      [
        [[53, 66, 51], -0.40615],
        [[75, 18, 82, 32, 62, 66, 26, 82, 66, 51], -1.16144],
        [[75, 18, 82, 32, 62, 66, 26, 82, 66, 37], -1.18488],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: 2.5, earlyStopping: false, stopTokens: [51, 34, 72] },
      [
        [[53, 66, 51], -0.07816],
        [[75, 18, 82, 11, 72], -0.11178],
        [[75, 18, 82, 93, 34], -0.11357],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: 2.5, earlyStopping: true, stopTokens: [51, 34, 72] },
      [
        [[53, 66, 51], -0.07816],
        [[65, 34], -0.53264],
        [[51], -1.97677],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: 2.5, earlyStopping: "never", stopTokens: [51, 34, 72] },
      [
        [[75, 18, 82, 32, 62, 66, 26, 82, 66, 51], -0.03673],
        [[75, 18, 82, 32, 62, 66, 26, 82, 66, 37], -0.03747],
        [[75, 18, 82, 32, 62, 66, 26, 82, 68, 87], -0.03835],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: -0.5, earlyStopping: false, stopTokens: [51, 34, 72] },
      [
        [[51], -1.97677],
        [[53, 66, 51], -2.1104],
        [[65, 34], -4.26113],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: -0.5, earlyStopping: true, stopTokens: [51, 34, 72] },
      [
        [[51], -1.97677],
        [[53, 66, 51], -2.1104],
        [[65, 34], -4.26113],
      ],
    ],
    [
      "llama",
      { beams: 3, lengthPenalty: -0.5, earlyStopping: "never", stopTokens: [51, 34, 72] },
      [
        [[51], -1.97677],
        [[53, 66, 51], -2.1104],
        [[65, 34], -4.26113],
      ],
    ],
  ];

const PROMPT = [7, 9, 11, 30, 5];

for (const [name, options, want] of CASES)
  test(`${name} finds what Hugging Face finds: ${JSON.stringify(options)}`, async () => {
    using model = await loadModel(familyFolder(name));
    const before = memory().numTensors;
    const isDecoder = name !== "t5";
    const prompt = isDecoder ? PROMPT : [0];
    const found = await beamSearch(model, prompt, {
      ...options,
      ...(!isDecoder && { encoderPrompts: [PROMPT] }),
      maxNewTokens: 10,
    });
    assert.equal(
      found.map(({ ids }) => ids.slice(prompt.length)),
      want.map(([ids]) => ids),
    );
    found.forEach(({ score }, i) => {
      const [, expected = NaN] = want[i] ?? [];
      assert.ok(
        Math.abs(score - expected) < 2e-4 * Math.max(1, Math.abs(expected)),
        `${score}, not ${expected}`,
      );
    });
    assert.is(memory().numTensors, before);
  });

test("options that are none are refused with their values", async () => {
  using model: LogitsModel & Disposable = await loadModel(familyFolder("gpt2"));
  const refusal = async (options: object): Promise<readonly string[]> =>
    await asyncFailure(beamSearch(model, PROMPT, options));
  for (const [options, option, want, got] of [
    [{ beams: 0 }, "beams", "a whole number from 1 to 16777216", 0],
    [{ lengthPenalty: NaN }, "lengthPenalty", "a number", NaN],
    [{ earlyStopping: "always" }, "earlyStopping", 'true, false or "never"', "always"],
  ] as const)
    assert.equal(await refusal(options), [
      "GENERATION_OPTION",
      `"${option}" of a generation is ${got}; it must be ${want}.`,
    ]);
});

test.run();
