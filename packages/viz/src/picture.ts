import type { Description } from "./description/types.ts";
import { toBase64 } from "./description/base64.ts";
import { shown } from "./description/shown.ts";
import { checkDescription, type BlocksOption } from "./render/check.ts";
import { toCSV } from "./render/csv.ts";
import { toJSON } from "./render/json.ts";
import type { JsonOptions } from "./render/written.ts";
import { toSVG } from "./render/svg.ts";
import type { SvgOptions } from "./render/svg-tree.ts";
import { type ToTextOptions, toText } from "./render/text.ts";
import { page, type PageOptions } from "./page/html.ts";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const DISPLAY = Symbol.for("Jupyter.display");

/**
 * A description with its outputs: text for terminals, SVG, a page, tables. `console.log(picture)` draws it in a terminal,
 * and notebooks of Deno and Jupyter show it.
 *
 * @example
 * const picture = new Picture(tokenScores({ tokens: ["a", " b"], channels: [{ name: "norm", values: [1, 2] }] }));
 * picture.toCSV().split("\r\n")[1]; // => "tokens,0,a,1"
 */
export class Picture {
  static {
    const methods: readonly (readonly [symbol, (picture: Picture) => unknown])[] = [
      [INSPECT, (picture) => picture.toText()],
      [DISPLAY, display],
    ];
    for (const [name, show] of methods) {
      const value = function (this: Picture): unknown {
        return show(this);
      };
      Object.defineProperty(Picture.prototype, name, { value });
    }
  }

  readonly description: Description;
  readonly #options: BlocksOption;

  /** @throws ViewError `VIEW_INVALID`, `BLOCK_UNKNOWN` */
  constructor(description: Description, options: BlocksOption = {}) {
    checkDescription(description, options);
    this.description = description;
    this.#options = options;
  }

  /** Lines of text; what is not given is asked of the terminal. @throws ViewError `VIEW_OPTION` */
  toText(options: ToTextOptions = {}): string {
    return toText(this.description, this.#with(options));
  }

  /** A whole SVG document. @throws ViewError `VIEW_OPTION` */
  toSVG(options: SvgOptions = {}): string {
    return toSVG(this.description, this.#with(options));
  }

  /** A page that needs nothing else and asks nothing of the net. @throws ViewError `PAGE_TOO_LARGE` */
  toHTML(options: PageOptions = {}): Promise<string> {
    return page([this], options);
  }

  /** Every number, one row a cell. */
  toCSV(): string {
    return toCSV(this.description, this.#options);
  }

  /** The description as text, which `fromJSON` reads. */
  toJSON(options: JsonOptions = {}): string {
    // JSON.stringify calls this with a key: then it is one text more, and still the description.
    return toJSON(this.description, typeof options === "string" ? {} : options);
  }

  /** Options with the picture's own kinds of blocks; what is no record stays as it is, and is refused. */
  #with<O extends object>(options: O): O {
    const isRecord = typeof options === "object" && options !== null && !Array.isArray(options);
    return isRecord ? { ...this.#options, ...options } : options;
  }
}

/** What notebooks show: a picture that every notebook trusts, and folded below it the page. */
async function display(picture: Picture): Promise<Readonly<Record<string, string>>> {
  const svg = toBase64(new TextEncoder().encode(picture.toSVG()));
  const title = escapeAttribute(shown(picture.description.title));
  const image = `<img alt="${title}" src="data:image/svg+xml;base64,${svg}">`;
  const whole = escapeAttribute(await picture.toHTML());
  const frame = `<iframe loading="lazy" sandbox="allow-scripts" width="100%" height="600" srcdoc="${whole}"></iframe>`;
  return {
    "text/plain": picture.toText({ colour: 0, columns: 100 }),
    "text/html": `${image}<details><summary>interactive</summary>${frame}</details>`,
  };
}

const escapeAttribute = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
