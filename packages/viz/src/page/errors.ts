// What a page's script has in place of `errors.ts`: the errors that its own reader can see, as the page shows them.

export const blockUnknown = (block: string): Error =>
  new Error(`The script of this page draws no ${block}: name that kind to scriptOf, too.`);

export const notADescription = (what: string): Error =>
  new Error(`The text is no description of a picture: ${what}.`);
