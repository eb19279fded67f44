import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Raster } from "../raster.ts";

/** What does not fit in such a block. */
export function rasterFaults(d: Description, b: Raster): readonly string[] {
  const found = new Faults(d, b);
  const sizes = [found.axis("y", b.y), found.axis("x", b.x)];
  found.scale(b.scale);
  found.count("values", b.values, sizes, true);
  if (b.image.length > 0) found.count("image", b.image, [...b.size, 3]);
  return found.all;
}
