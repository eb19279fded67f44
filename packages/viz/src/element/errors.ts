import { ViewError } from "../errors.ts";

/** Something that only a page has is asked for elsewhere. */
export function noPage(owner: string): ViewError {
  return new ViewError({
    code: "NO_PAGE",
    what: `${owner} needs a page, and there are no elements here.`,
    hint: "Call it in a browser; elsewhere, new Picture(description) gives SVG, HTML and text.",
    fields: { owner },
  });
}
