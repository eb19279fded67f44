/** White space as Unicode has it; all of it is of one unit. */
const SPACE = /^\p{White_Space}$/u;

/** Where the white space that begins at a place ends. */
export function afterSpaces(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text, at)) at++;
  return at;
}

/** Where the white space that ends at a place begins, `least` or later. An expression would look for it at every place. */
export function beforeSpaces(text: string, from: number, least: number): number {
  let at = from;
  while (at > least && isSpace(text, at - 1)) at--;
  return at;
}

function isSpace(text: string, at: number): boolean {
  return SPACE.test(text.charAt(at));
}
