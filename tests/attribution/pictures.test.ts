import { imageMaps, overlayMaps, tokenAttributions } from "@hookdict/attribution";
import { tensor2d, tensor3d, tensor4d, zeros } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";

const test = suite("attributions of texts and images");

test("tokens come with labels, scores and shares of the largest", () => {
  const attribution = tensor3d([1, 2, -4, -2, 3, 0, 0, 0, 1, 1, 0, 0], [2, 3, 2]);
  assert.equal(tokenAttributions(attribution, [["When", " Mary", "."], ["Then"]]), [
    [
      { position: 0, label: "When", score: 3, share: 3 / 6 },
      { position: 1, label: " Mary", score: -6, share: -1 },
      { position: 2, label: ".", score: 3, share: 3 / 6 },
    ],
    [{ position: 0, label: "Then", score: 0, share: 0 }],
  ]);
  assert.equal(
    tokenAttributions(attribution, [["a", "b"], []], { reduce: "magnitude" })[0]?.[1]?.score,
    4 + 2,
  );
  attribution.dispose();
  const flat = tensor2d([[3, -4]]);
  assert.equal(
    tokenAttributions(flat, [["a", "b"]], { reduce: "norm" })[0]?.map(({ score }) => score),
    [3, 4],
  );
  flat.dispose();
});

test("maps are summed over channels and made as large as asked", () => {
  const attribution = tensor4d([1, 2, 3, -3], [1, 1, 2, 2]);
  const maps = imageMaps(attribution, { size: [2, 4], mode: "nearest" });
  assert.equal(maps.shape, [1, 2, 4, 1]);
  assert.equal([...maps.dataSync()], [3, 3, 0, 0, 3, 3, 0, 0]);
  const magnitudes = imageMaps(attribution, { reduce: "magnitude" });
  assert.equal([...magnitudes.dataSync()], [1 + 2, 3 + 3]);
  for (const each of [attribution, maps, magnitudes]) each.dispose();
});

test("an overlay is the image where nothing is attributed, and red or blue where most is", () => {
  const image = tensor4d([0.2, 0.4, 0.6], [1, 1, 3, 1]);
  const attribution = tensor4d([2, 0, -1], [1, 1, 3, 1]);
  const [picture] = overlayMaps(image, attribution, { opacity: 1 });
  assert.equal([picture?.width, picture?.height], [3, 1]);
  const half = (gray: number, color: number): number => Math.round((gray + color) / 2);
  assert.equal(
    [...(picture?.data ?? [])],
    [214, 39, 40, 255, 102, 102, 102, 255, half(153, 31), half(153, 119), half(153, 180), 255],
  );
  const [plain] = overlayMaps(image, attribution, { opacity: 0 });
  assert.equal([...(plain?.data.slice(0, 4) ?? [])], [51, 51, 51, 255]);
  const [known] = overlayMaps(image, attribution, { opacity: 1, largest: 4 });
  assert.equal(known?.data[0], half(51, 214));
  for (const each of [image, attribution]) each.dispose();
});

test("what is no image, or has another number of tokens, is one error each", () => {
  const [flat, images] = [zeros([2, 3]), zeros([1, 2, 2, 2])];
  const fault = (fn: () => unknown): readonly string[] => {
    const { code, message } = thrown(fn) as Error & { code: string };
    return [code, message];
  };
  assert.equal(
    fault(() => tokenAttributions(flat, [["a"], ["a", "b", "c", "d"]])),
    [
      "TOKENS_MISMATCH",
      "Attributions of shape [2, 3] were given lists of [1, 4] tokens. Give attributions [batch, pos] or [batch, pos, channel], and a list of at most pos tokens for each text.",
    ],
  );
  assert.equal(
    fault(() => imageMaps(flat)),
    ["IMAGE_SHAPE", "imageMaps was given the shape [2, 3]. Give [batch, height, width, channel]."],
  );
  assert.equal(
    fault(() => overlayMaps(images, images)),
    ["IMAGE_SHAPE", "overlayMaps was given the shape [1, 2, 2, 2]. Give [batch, height, width, 1 or 3]."],
  );
  assert.equal(
    fault(() => tokenAttributions(flat, [[], []], { reduce: "max" as never })),
    ["OPTION_INVALID", 'The option reduce of tokenAttributions is "max". Give "sum", "magnitude" or "norm".'],
  );
  for (const each of [flat, images]) each.dispose();
});

test.run();
