import type { Layer, Part } from "../layout/layer.ts";
import { type Drawn, make } from "../layout/tree.ts";
import { parseHex } from "../ink/colour.ts";

/** Pixels of a tile's side: what lies outside of the window costs no memory. */
const TILE = 1024;

/**
 * Layers as canvases. A layer of one tile is painted at once, so that it is there when a page is printed; of several, each is
 * painted when it comes into sight, and empty when it has left.
 */
export function tiles(layers: readonly Layer[]): readonly Drawn[] {
  return layers.flatMap((layer, i) => {
    const parts = partsOf(layer);
    return parts.map((part) => {
      const { box, rows, cols, opacity = 1, smooth = false } = layer;
      const [x, y] = [box[2] / cols, box[3] / rows];
      const style = {
        left: `${box[0] + part.col * x}px`,
        top: `${box[1] + part.row * y}px`,
        width: `${part.cols * x}px`,
        height: `${part.rows * y}px`,
        opacity,
        imageRendering: smooth ? "auto" : "pixelated",
      };
      const ref = (canvas: HTMLCanvasElement | null): void => {
        if (canvas !== null) watch(canvas, layer, part, parts.length > 1);
      };
      return make("canvas", { key: `${i},${part.row},${part.col}`, width: 0, height: 0, style, ref });
    });
  });
}

function partsOf({ rows, cols }: Layer): readonly Part[] {
  const parts: Part[] = [];
  for (let row = 0; row < rows; row += TILE)
    for (let col = 0; col < cols; col += TILE)
      parts.push({ row, col, rows: Math.min(TILE, rows - row), cols: Math.min(TILE, cols - col) });
  return parts;
}

const OF = new WeakMap<Element, { readonly layer: Layer; readonly part: Part }>();
let observer: IntersectionObserver | undefined;

function watch(canvas: HTMLCanvasElement, layer: Layer, part: Part, isOften: boolean): void {
  if (OF.get(canvas)?.layer === layer) return;
  OF.set(canvas, { layer, part });
  if (!isOften) {
    observer?.unobserve(canvas);
    return paint(canvas, layer, part);
  }
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) show(target as HTMLCanvasElement, isIntersecting); // it watches these alone
    },
    { rootMargin: "200px" },
  );
  // Whether it is in sight is told anew.
  observer.unobserve(canvas);
  observer.observe(canvas);
}

function show(canvas: HTMLCanvasElement, isSeen: boolean): void {
  const own = OF.get(canvas);
  if (own !== undefined && isSeen) paint(canvas, own.layer, own.part);
  else canvas.width = 0;
}

/** Red, green and blue as four bytes of an image, the last of which is opaque. */
const pixel = (red: number, green: number, blue: number): number =>
  (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;

/** Paints a part of a layer on a canvas, a pixel each. */
export function paint(canvas: HTMLCanvasElement, layer: Layer, part: Part): void {
  const [width, height] = [part.cols, part.rows];
  Object.assign(canvas, { width, height });
  const bytes = layer.bytes(part);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = Uint32Array.from(layer.palette ?? [], (hex) => pixel(...parseHex(hex)));
  for (let i = 0; i < pixels.length; i += 1) {
    pixels[i] =
      layer.palette === undefined
        ? pixel(bytes[i * 3] ?? 0, bytes[i * 3 + 1] ?? 0, bytes[i * 3 + 2] ?? 0)
        : (colours[bytes[i] ?? 0] ?? 0);
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}
