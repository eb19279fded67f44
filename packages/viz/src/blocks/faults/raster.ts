import { numbers, string, type Fit } from "../../checks/fit.ts";
import { PAIR } from "../../checks/shapes.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Raster } from "../raster.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  size: PAIR,
  image: numbers,
  y: string,
  x: string,
  scale: string,
  values: numbers,
};

/** What does not fit in such a block. */
export function rasterFaults(d: Description, b: Raster): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const sizes = [found.axis("y", b.y), found.axis("x", b.x)];
  found.scale(b.scale);
  found.count("values", b.values, sizes);
  if (b.image.length > 0) found.count("image", b.image, [...b.size, 3]);
  return found.all;
}
