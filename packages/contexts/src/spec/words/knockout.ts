import type { Site } from "@hookdict/core";
import { describeValue } from "@hookdict/tensordict";
import { readNow } from "@hookdict/tensordict/tensors";
import { fill, max, min, notEqual, type Tensor, where } from "@tensorflow/tfjs-core";
import { knockoutMask, knockoutRow, specInvalid } from "../../errors.ts";
import type { Placed, TensorData } from "../data.ts";
import { checkTensor } from "../fields.ts";
import { checkKnockoutSite } from "./knockout-site.ts";
import type { Word } from "./word.ts";

/** Cuts attention scores where the mask, `[dest, src]` or repeated to the scores' shape, is 1: they become -Infinity. */
export interface Knockout extends Placed {
  readonly kind: "knockout";
  readonly mask: TensorData;
}

export const knockout: Word = {
  needs: { mask: checkMask },
  may: {},
  change: (scores, mask, _, site) => knockOut(scores, mask, site),
  isIdleAtZero: true,
  checkSite: checkKnockoutSite,
};

/** Reads one number back, where the backend can: a row without any score left would become NaN in the softmax. */
function knockOut(scores: Tensor, mask: Tensor, site: Site): Tensor {
  const left = where(notEqual(mask, 0), fill(scores.shape, -Infinity), scores);
  const [worst] = Array.from(readNow(min(max(left, -1))) ?? []);
  if (worst === -Infinity) throw knockoutRow(site, describeValue(scores));
  return left;
}

function checkMask(data: unknown, place: string): void {
  const { shape, values } = checkTensor(data, place);
  if (shape.length < 2) throw specInvalid(`${place}.shape`, "at least [dest, src]", shape);
  const width = shape.at(-1) ?? 0;
  const rows = width > 0 ? values.length / width : 0;
  for (let row = 0; row < rows; row++) {
    if (values.slice(row * width, (row + 1) * width).every((value) => value !== 0))
      throw knockoutMask(place, row);
  }
}
