import { check, checkOptions } from "../checks/checked.ts";
import { flag, type Fit, listOf, maybe, number, oneOf, string } from "../checks/fit.ts";
import { PICTURED } from "../checks/shapes.ts";
import { BLOCKS } from "../blocks/blocks.ts";
import type { BlockKind } from "../blocks/block.ts";
import { toBase64 } from "../description/base64.ts";
import { shown } from "../description/shown.ts";
import type { Description } from "../description/types.ts";
import { optionInvalid, pageTooLarge } from "../errors.ts";
import { written } from "../render/written.ts";
import { toSVG } from "../render/svg.ts";
import { reduce } from "./reduce.ts";
import { scriptOf } from "./script-of.ts";
import { TURN_SCRIPT } from "./scripts.ts";
import { PAGE_STYLE } from "./style.ts";

/** How a page is made. */
export interface PageOptions {
  readonly title?: string;
  /** A paragraph under the title. */
  readonly lead?: string;
  /** Bytes that the page may have; 8,000,000 unless given. Beyond, pictures are pooled to thumbnails, and say so. */
  readonly maxBytes?: number;
  /** Views in two columns, where there is room. */
  readonly columns?: 1 | 2;
  /** Shows one view at a time, with buttons for the one before and the next: for the features of a dictionary, say. */
  readonly oneByOne?: boolean;
}

/** A picture, or the description of one. */
export type Pictured =
  | Description
  | { readonly description: Description; readonly blocks?: readonly BlockKind[]; toSVG?(): string };

const BUDGET = 8_000_000;

const OPTIONS: Readonly<Record<string, Fit>> = {
  title: maybe(string),
  lead: maybe(string),
  maxBytes: maybe(number),
  columns: maybe(oneOf(1, 2)),
  oneByOne: maybe(flag),
};

/**
 * A page with pictures that follow each other: what is selected in one is selected in all. It needs nothing else, asks
 * nothing of the net, and forbids everything that it does not do itself by its content security policy. A block of a kind
 * that is not built in is shown as it is drawn here, without interaction.
 *
 * @throws ViewError `PAGE_TOO_LARGE`, `VIEW_OPTION`
 */
export async function page(pictures: readonly Pictured[], options: PageOptions = {}): Promise<string> {
  check("page", pictures, listOf(PICTURED), "pictures");
  checkOptions(OPTIONS, options);
  const { maxBytes = BUDGET } = options;
  if (!(Number.isFinite(maxBytes) && maxBytes > 0))
    throw optionInvalid("maxBytes", maxBytes, "a number of bytes");
  const all = pictures.map(descriptionOf);
  // What is too large is not even written: numbers alone may be more than a text can hold.
  if (all.reduce((sum, d) => sum + leastBytes(d), 0) <= maxBytes) {
    const whole = await write(pictures, options, all);
    if (whole.length <= maxBytes) return whole;
  }
  const reduced = all.map(reduce);
  const least = reduced.reduce((sum, d) => sum + leastBytes(d), 0);
  if (least > maxBytes) throw pageTooLarge(least, maxBytes);
  const small = await write(pictures, options, reduced);
  if (small.length > maxBytes) throw pageTooLarge(small.length, maxBytes);
  return small;
}

const descriptionOf = (picture: Pictured): Description =>
  "description" in picture ? picture.description : picture;

/** Bytes that the numbers of a description have at least, as base64 of halves. */
function leastBytes(d: Description): number {
  const numbers = d.blocks.reduce(
    (sum, block) =>
      sum +
      Object.values(block).reduce(
        (own: number, each) => own + (each instanceof Float32Array ? each.length : 0),
        0,
      ),
    0,
  );
  return Math.ceil((numbers * 8) / 3);
}

async function write(
  pictures: readonly Pictured[],
  options: PageOptions,
  all: readonly Description[],
): Promise<string> {
  const title = escape(shown(options.title ?? all.map((d) => d.title).join(", ")));
  const parts = pictures.map((picture, i) => {
    const d = all[i] as Description; // as many as pictures
    const hidden = options.oneByOne === true && i > 0 ? " hidden" : "";
    return isKnown(d) ? view(d, hidden) : image(picture, d, hidden);
  });
  const kinds = scriptOf(all.flatMap(({ blocks }) => blocks.map(({ block }) => block)));
  const script = options.oneByOne === true ? `${kinds}\n${TURN_SCRIPT}` : kinds;
  const [scriptHash, styleHash] = await Promise.all([hash(script), hash(PAGE_STYLE)]);
  const policy = `default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const heading = options.title === undefined ? "" : `<h1>${title}</h1>\n`;
  const lead =
    options.lead === undefined ? "" : `<p class="lead"><bdi>${escape(shown(options.lead))}</bdi></p>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
<main>
${heading}${lead}${options.oneByOne === true ? turning(all) : ""}<div class="views${options.columns === 2 ? " two" : ""}">
${parts.join("\n")}
</div>
<noscript>The pictures of this page are drawn by its own script, which is turned off.</noscript>
</main>
<script>${script}</script>
</html>
`;
}

const isKnown = (d: Description): boolean =>
  d.blocks.every(({ block }) => BLOCKS.some((kind) => kind.block === block));

/** Data in a script that is no script: `<` is written so that no text in it can end it. */
function view(d: Description, hidden: string): string {
  const json = written(d)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
  return `<hookdict-view${hidden}><script type="application/json">${json}</script></hookdict-view>`;
}

function image(picture: Pictured, d: Description, hidden: string): string {
  const svg = "toSVG" in picture && picture.toSVG !== undefined ? picture.toSVG() : toSVG(d);
  return `<img${hidden} alt="${escape(shown(d.title))}" src="data:image/svg+xml;base64,${toBase64(new TextEncoder().encode(svg))}">`;
}

/** Buttons for the view before and the next, and a list of all. */
function turning(all: readonly Description[]): string {
  const names = all.map(({ title }) => `<option>${escape(shown(title))}</option>`);
  return `<nav aria-label="pictures"><button type="button">previous</button><select aria-label="picture">${names.join("")}</select><button type="button">next</button></nav>\n`;
}

async function hash(content: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return `sha256-${toBase64(new Uint8Array(digest))}`;
}

const escape = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
