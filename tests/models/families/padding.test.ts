import { type EncoderDecoder, loadModel, type StateSpaceModel, type Transformer } from "@hookdict/models";
import { memory, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder, variants } from "./variants.ts";

const test = suite("padding of models that are no decoders");

const [LONG, SHORT] = [
  [7, 9, 11, 30, 5, 6, 12, 44],
  [9, 7, 33, 21, 50],
];
const STARTS = [
  [2, 8, 40],
  [2, 31, 6],
];

const ints = (rows: readonly (readonly number[])[]): Tensor2D =>
  tensor2d(
    rows.map((row) => [...row]),
    undefined,
    "int32",
  );

type AnyModel = Transformer | EncoderDecoder | StateSpaceModel;

/** Logits by row and position. A model with a decoder gets a row's start, too. */
function logitsOf(
  model: AnyModel,
  rows: readonly (readonly number[])[],
  starts: typeof STARTS,
  attentionMask?: number[][],
): number[][][] {
  const tokens = ints(rows);
  const decoderTokens = "encoder" in model ? ints(starts) : undefined;
  const logits: Tensor = (model as EncoderDecoder).call(tokens, {
    ...(attentionMask && { attentionMask }),
    ...(decoderTokens && { decoderTokens }),
  } as Parameters<EncoderDecoder["forward"]>[1]);
  const values = logits.arraySync() as number[][][]; // three axes
  for (const each of [tokens, decoderTokens, logits]) each?.dispose();
  return values;
}

function assertClose(
  got: readonly number[][] | undefined,
  want: readonly number[][] | undefined,
  what: string,
): void {
  assert.is(got?.length, want?.length, what);
  const numbers = want?.flat() ?? [];
  const scale = Math.max(1, ...numbers.map(Math.abs));
  const far = got?.flat().findIndex((each, i) => !(Math.abs(each - (numbers[i] ?? NaN)) <= 2e-4 * scale));
  assert.is(far, -1, what);
}

for (const name of ["encoder", "encdec", "ssm"].flatMap(variants))
  test(`${name}: a padded row gives what it gives alone, wherever the padding stands`, async () => {
    const before = memory().numTensors;
    {
      using model = await loadModel<AnyModel>(familyFolder(name));
      // RoBERTa knows padding by its id.
      const pad = name === "roberta" ? 1 : 0;
      const gap = [pad, pad, pad];
      const [long] = logitsOf(model, [LONG], STARTS.slice(0, 1));
      const [short] = logitsOf(model, [SHORT], STARTS.slice(1));
      for (const padding of ["left", "right"] as const) {
        const beside = (filler: number[], row: readonly number[]): number[] =>
          padding === "left" ? [...filler, ...row] : [...row, ...filler];
        const mask = [
          LONG.map(() => 1),
          beside(
            [0, 0, 0],
            SHORT.map(() => 1),
          ),
        ];
        const got = logitsOf(model, [LONG, beside(gap, SHORT)], STARTS, mask);
        const isWhole = "encoder" in model;
        const [from, to] = padding === "left" ? [3, 8] : [0, 5];
        assertClose(got[0], long, `${padding}, the longer row`);
        assertClose(isWhole ? got[1] : got[1]?.slice(from, to), short, `${padding}, the padded row`);
      }
    }
    assert.is(memory().numTensors, before);
  });

test.run();
