import { type Facets, facetValues, sizeOf } from "../blocks/facets-parts.ts";
import type { AnyBlock, Description } from "../description/types.ts";
import { axisOf } from "../description/axes.ts";
import { centreOf, scaleOf } from "../ink/scale.ts";
import { poolTo } from "../layout/pool.ts";

/** Rows and columns that each small matrix keeps. */
const THUMBNAIL = 24;

/** A picture whose small matrices are pooled to thumbnails; its caption says so. */
export function reduce(d: Description): Description {
  let isReduced = false;
  const blocks = d.blocks.map((block) => {
    if (block.block !== "facets") return block;
    const facets = block as Facets; // by its name
    const [height, width] = sizeOf(d, facets);
    if (height <= THUMBNAIL && width <= THUMBNAIL) return block;
    isReduced = true;
    return thumbnails(d, facets);
  });
  if (!isReduced) return d;
  const note = `Small matrices are pooled to ${THUMBNAIL} × ${THUMBNAIL}: exact ones would make the page too large.`;
  return { ...d, blocks, caption: d.caption === undefined ? note : `${d.caption} ${note}` };
}

function thumbnails(d: Description, b: Facets): AnyBlock {
  const [rows, cols] = [axisOf(d, b.rows).labels.length, axisOf(d, b.cols).labels.length];
  const size = sizeOf(d, b);
  const parts = Array.from({ length: rows * cols }, (_, i) =>
    poolTo(facetValues(d, b, [Math.floor(i / cols), i % cols]), size, centreOf(scaleOf(d, b.scale)), [
      THUMBNAIL,
      THUMBNAIL,
    ]),
  );
  const [first] = parts;
  const each = (first?.rows ?? 0) * (first?.cols ?? 0);
  const values = new Float32Array(each * parts.length);
  parts.forEach((part, i) => values.set(part.values, i * each));
  const small: Facets = { ...b, values, size: [first?.rows ?? 0, first?.cols ?? 0] };
  return small;
}
