import { type Facets, sizeOf } from "../blocks/facets-parts.ts";
import type { Description } from "../description/types.ts";
import { thumbnails } from "../windows/thumbnails.ts";

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
    return thumbnails(d, facets, THUMBNAIL);
  });
  if (!isReduced) return d;
  const note = `Small matrices are pooled to ${THUMBNAIL} × ${THUMBNAIL}: exact ones would make the page too large.`;
  return { ...d, blocks, caption: d.caption === undefined ? note : `${d.caption} ${note}` };
}
