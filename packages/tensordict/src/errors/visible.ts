/** Controls except line feed and tab, and what turns the direction of a text. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text without the characters on which terminals act: they are written as in JSON, `\u001b` for an escape. For texts
 * with names, paths and values that came from elsewhere. (`JSON.stringify` leaves those above U+007F as they are.)
 *
 * @example
 * visible("a\u009b31m"); // => "a\\u009b31m"
 */
export function visible(text: string): string {
  return text.replace(ACTING, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
