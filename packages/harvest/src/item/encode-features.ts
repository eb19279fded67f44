import { clone, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { featuresShape } from "../plan/errors.ts";
import type { FeatureRecipe } from "../recipe/recipe.ts";

/**
 * Features of a site's values. **Ownership:** borrows `values`; returns owned float32 `[rows, context, features]`.
 *
 * @throws ShapeError `HARVEST_FEATURES`
 */
export function encodeFeatures(
  site: string,
  values: Tensor,
  encode: FeatureRecipe["encode"],
  [rows, context]: readonly [number, number],
): Tensor {
  const features = tidy(() => (encode === undefined ? clone(values) : encode(values)));
  const { shape, dtype } = features;
  if (shape.length === 3 && shape[0] === rows && shape[1] === context && dtype === "float32") return features;
  features.dispose();
  throw featuresShape(site, shape, [rows, context, "features"]);
}
