import { FormatError } from "@hookdict/tensordict";

/** There is no packed data set. */
export function dataNotFound(where: string): FormatError {
  return new FormatError({
    code: "HARVEST_DATA_NOT_FOUND",
    what: `${where}: there is no packed data set.`,
    hint: "Pack one with packTokens (hookdict-harvest pack), or give its folder: the one with dataset.json.",
    fields: { where },
  });
}
