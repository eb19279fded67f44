import { HookdictError } from "@hookdict/tensordict";

/** Data that no picture can be drawn of, or a picture that is larger than what was allowed. */
export class ViewError extends HookdictError {}

/** All that is wrong with a description, at once. */
export function descriptionInvalid(view: string, faults: readonly string[]): ViewError {
  const [first = "", ...others] = faults;
  const list = others.length === 0 ? first : `\n${faults.map((fault) => `- ${fault}`).join("\n")}`;
  return new ViewError({
    code: "VIEW_INVALID",
    what: `The view ${JSON.stringify(view)} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}: ${list}${others.length === 0 ? "." : "\n"}`,
    hint: "Mend what is named: numbers of a block must be as many as its axes are long, multiplied.",
    fields: { view, faults },
  });
}

/** A block that none of the known kinds draws. */
export function blockUnknown(block: string, known: readonly string[]): ViewError {
  return new ViewError({
    code: "BLOCK_UNKNOWN",
    what: `No renderer draws the block ${JSON.stringify(block)}.`,
    hint: `Known are ${known.join(", ")}; give the kinds of others as { blocks: [...] }.`,
    fields: { block, known },
  });
}

/** Data that are not what the view takes. */
export function dataInvalid(view: string, what: string, hint: string): ViewError {
  return new ViewError({
    code: "VIEW_DATA",
    what: `${view} was given ${what}.`,
    hint,
    fields: { view },
  });
}

/** Something that is no description. */
export function notADescription(what: string): ViewError {
  return new ViewError({
    code: "VIEW_JSON",
    what: `What was given is no description of a picture: ${what}.`,
    hint: "Give what toJSON() of a picture wrote.",
    fields: {},
  });
}

/** An option of a renderer that cannot be. */
export function optionInvalid(name: string, value: unknown, wanted: string): ViewError {
  return new ViewError({
    code: "VIEW_OPTION",
    what: `The option ${name} is ${typeof value === "string" ? JSON.stringify(value) : String(value)}.`,
    hint: `Give ${wanted}.`,
    fields: { name },
  });
}

/** A page that is larger than its budget, also with thumbnails alone. */
export function pageTooLarge(bytes: number, budget: number): ViewError {
  return new ViewError({
    code: "PAGE_TOO_LARGE",
    what: `The page would have ${bytes} bytes, and maxBytes is ${budget}.`,
    hint: "Show fewer layers, heads or positions, or give a larger maxBytes.",
    fields: { bytes, budget },
  });
}

/** A site that a view was to read, and that the cache does not hold. */
export function captureMissing(view: string, path: string, held: readonly string[]): ViewError {
  const some = held.length === 0 ? "nothing" : held.slice(0, 5).join(", ");
  return new ViewError({
    code: "CAPTURE_MISSING",
    what: `${view} reads ${path}, and the cache holds ${some}${held.length > 5 ? `, and ${held.length - 5} more` : ""}.`,
    hint: `Capture it: new ActivationCaching(${JSON.stringify(path)}).`,
    fields: { view, path, held },
  });
}
