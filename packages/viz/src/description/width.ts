import stringWidth from "string-width";

/** How many cells of a terminal a text fills; East Asian characters and emoji fill two. */
export function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}
