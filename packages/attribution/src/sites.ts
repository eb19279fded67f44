import type { Pattern } from "@hookdict/core";
import { optionWrong } from "./errors.ts";

/** Sites are needed. @throws UsageError `ATTRIBUTION_OPTION` */
export function needSites(method: string, at: Pattern | undefined): void {
  if (at === undefined) throw optionWrong(method, "at", at, "the sites that are meant, as a pattern");
}

/** Sites make no sense: the method attributes to the inputs. @throws UsageError `ATTRIBUTION_OPTION` */
export function refuseSites(method: string, options: { readonly at?: Pattern }): void {
  const { at } = options;
  if (at !== undefined) throw optionWrong(method, "at", at, "none: it attributes to the inputs");
}

/** Options with sites where they name none; what is no record goes on to be refused. */
export function withSites<O extends { readonly at?: Pattern }>(options: O, at: Pattern): O {
  const isRecord = typeof options === "object" && (options as unknown) !== null;
  return isRecord && options.at === undefined ? { ...options, at } : options;
}
