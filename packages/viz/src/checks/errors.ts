import { shown } from "@hookdict/tensordict";
import { ViewError } from "../errors.ts";
import type { Misfit } from "./fit.ts";

/** An argument, or a part of one, that is something else than it should be. */
export function dataUnfit(owner: string, misfit: Misfit): ViewError {
  return new ViewError({
    code: "VIEW_DATA",
    what: `${owner} was given ${told(misfit)}.`,
    hint: `Give ${misfit.wanted}.`,
    fields: { view: owner, path: misfit.path },
  });
}

/** An option of a renderer, or a part of one, that cannot be. */
export function optionUnfit({ path, got, wanted }: Misfit): ViewError {
  return new ViewError({
    code: "VIEW_OPTION",
    what: path === "" ? `The options are ${shown(got)}.` : `The option ${path} is ${shown(got)}.`,
    hint: `Give ${wanted}.`,
    fields: { name: path },
  });
}

/** A part of a description, in the words of a list of faults. */
export function told({ path, got }: Misfit): string {
  const value = got === undefined ? "nothing" : shown(got);
  return path === "" ? value : `${path} as ${value}`;
}
