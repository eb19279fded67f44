import { type Facets, facetValues, sizeOf } from "../blocks/facets-parts.ts";
import { axisOf, countOf } from "../description/axes.ts";
import type { Description } from "../description/types.ts";
import { centreOf, scaleOf } from "../ink/scale.ts";
import { poolTo } from "../layout/pool.ts";

/** Facets whose small matrices are pooled to at most `side` rows and columns, each as many. **Ownership:** numbers of its own. */
export function thumbnails(d: Description, b: Facets, side: number): Facets {
  const [rows, cols] = [countOf(axisOf(d, b.rows)), countOf(axisOf(d, b.cols))];
  const size = sizeOf(d, b);
  const centre = centreOf(scaleOf(d, b.scale));
  const parts = Array.from({ length: rows * cols }, (_, i) =>
    poolTo(facetValues(d, b, [Math.floor(i / cols), i % cols]), size, centre, [side, side]),
  );
  const [first] = parts;
  const [height, width] = [first?.rows ?? 0, first?.cols ?? 0];
  const values = new Float32Array(height * width * parts.length);
  parts.forEach((part, i) => values.set(part.values, i * height * width));
  return { ...b, values, size: [height, width] };
}
