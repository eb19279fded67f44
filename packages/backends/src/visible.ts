/** Controls except line feed and tab, and what turns the direction of a text. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** `visible` of `@hookdict/tensordict` (this package imports TensorFlow.js only): a path may hold what terminals act on. */
export function visible(text: string): string {
  return text.replace(ACTING, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
