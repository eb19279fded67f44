import { check } from "../checks/checked.ts";
import { fields, maybe, numbers, string, type Fit } from "../checks/fit.ts";
import { TITLES, PAIR } from "../checks/shapes.ts";
import { TENSOR } from "../checks/tensor.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Raster } from "../blocks/raster.ts";
import { plainAxis } from "../description/axes.ts";
import { describe, diverging, sequential } from "../description/describe.ts";
import { extent, range } from "../description/numbers.ts";
import type { Description, Numbers } from "../description/types.ts";
import { dataInvalid } from "../errors.ts";
import { checkSizes, type Titles, titlesOf } from "./view.ts";

/** Scores over an image. */
export interface ImageScoresData extends Titles {
  /** Red, green and blue, 0 to 255, `[height, width, 3]`; empty for none. */
  readonly image: Numbers;
  readonly size: readonly [number, number];
  /** `[rows, cols]`, perhaps coarser than the image; below 0 against. */
  readonly scores: Numbers;
  readonly scoresSize: readonly [number, number];
  readonly quantity?: string;
}

/**
 * Scores, such as those of Grad-CAM or relevance propagation, over the image that they explain.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: ImageScoresData): Description {
  check("imageScores", data, DATA);
  const { image, size, scores, scoresSize, quantity = "score" } = data;
  checkSizes("imageScores", "scores", [scores.length], [scoresSize[0] * scoresSize[1]]);
  const isSigned = extent(scores)[0] < 0;
  const block: Raster = {
    block: "raster",
    id: "image",
    size,
    image,
    y: "y",
    x: "x",
    scale: "score",
    values: scores,
  };
  return describe({
    view: "imageScores",
    ...titlesOf(data, "Scores over the image"),
    axes: [
      plainAxis("y", range(scoresSize[0]), { title: "row" }),
      plainAxis("x", range(scoresSize[1]), { title: "column" }),
    ],
    scales: { score: isSigned ? diverging(scores, quantity) : sequential(scores, quantity) },
    blocks: [block],
  });
}

const DATA: Fit = fields({
  ...TITLES,
  image: numbers,
  size: PAIR,
  scores: numbers,
  scoresSize: PAIR,
  quantity: maybe(string),
});

const OPTIONS: Fit = fields({ ...TITLES, image: TENSOR, scores: TENSOR, quantity: maybe(string) });

/** An image and its scores as tensors. */
export interface ImageScoresOptions extends Titles {
  /** `[height, width, 3]`, 0 to 1 or 0 to 255. */
  readonly image: Tensor;
  /** `[rows, cols]` */
  readonly scores: Tensor;
  readonly quantity?: string;
}

/** Data of tensors. **Ownership:** borrows both. @throws ViewError `VIEW_DATA` */
async function read(options: ImageScoresOptions): Promise<ImageScoresData> {
  check("imageScores.read", options, OPTIONS);
  const { image, scores, ...rest } = options;
  const [height = 0, width = 0, channels] = image.shape;
  if (image.shape.length !== 3 || channels !== 3)
    throw dataInvalid(
      "imageScores",
      `an image of the shape [${image.shape.join(", ")}]`,
      "Needed is [height, width, 3].",
    );
  const [rows = 0, cols = 0] = scores.shape;
  if (scores.shape.length !== 2)
    throw dataInvalid(
      "imageScores",
      `scores of the shape [${scores.shape.join(", ")}]`,
      "Needed is [rows, cols].",
    );
  const pixels = Float32Array.from(await image.data());
  const factor = extent(pixels)[1] <= 1 ? 255 : 1;
  return {
    ...rest,
    image: pixels.map((each) => each * factor),
    size: [height, width],
    scores: Float32Array.from(await scores.data()),
    scoresSize: [rows, cols],
  };
}

/** Scores over an image. */
export const imageScores: typeof draw & { readonly read: typeof read } = Object.assign(draw, { read });
