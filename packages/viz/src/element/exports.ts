import type { Description, State } from "../description/types.ts";
import type { ThemeName } from "../ink/theme.ts";
import { toCSV } from "../render/csv.ts";
import { written } from "../render/written.ts";
import { svgTree } from "../render/svg-tree.ts";
import { wholeOf, type Layer } from "../layout/layer.ts";
import { render } from "./dom.ts";
import { paint } from "./tiles.ts";

/** What can be taken away from a view. */
export const EXPORTS = ["svg", "png", "csv", "json"] as const;
export type ExportKind = (typeof EXPORTS)[number];

export interface ExportOptions {
  readonly width: number;
  readonly theme: ThemeName;
  readonly state: State;
  /** Pixels of a PNG for each of the drawing, 1 to 4. */
  readonly scale: number;
}

/** A view as a file, made in the page. */
export async function exported(d: Description, kind: ExportKind, options: ExportOptions): Promise<Blob> {
  if (kind === "csv") return new Blob([toCSV(d)], { type: "text/csv" });
  if (kind === "json") return new Blob([written(d)], { type: "application/json" });
  const svg = svgText(d, options);
  return kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : rasterized(svg, options.scale);
}

function svgText(d: Description, options: ExportOptions): string {
  const host = document.createElement("div");
  render(svgTree(d, options, painted), host);
  const [svg] = host.children;
  return svg === undefined ? "" : new XMLSerializer().serializeToString(svg);
}

/** A layer as a PNG's address: a page has a painter of its own, and needs no writer of PNGs. */
function painted(layer: Layer): string {
  const canvas = document.createElement("canvas");
  paint(canvas, layer, wholeOf(layer));
  return canvas.toDataURL();
}

async function rasterized(svg: string, scale: number): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * scale;
  canvas.height = image.height * scale;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) =>
      blob === null ? reject(new Error("the picture is too large for a PNG")) : resolve(blob),
    ),
  );
}

/** Offers a file to the reader. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
