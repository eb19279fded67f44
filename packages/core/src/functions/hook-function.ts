import { notAFunction } from "./errors.ts";
import { checkArgument, typeName } from "@hookdict/tensordict";
import { checkSiteOptions } from "../sites/site-options.ts";
import { FunctionModel, type SiteDeclarations } from "./function-model.ts";

/** Options of {@link hookFunction}. */
export interface HookFunctionOptions {
  /** Name for messages, and as a part of other function models. Default the function's own, or `"function"`. */
  readonly name?: string;
  /**
   * Places known before the first run, by name: the axes of a value, `null` for a value without, or a function model
   * that is called inside. Others may be met in a run.
   */
  readonly sites?: SiteDeclarations;
  /** Why nobody may put a hook at a place, by path or glob; whoever tries is told. Default everybody may. */
  readonly refuses?: Readonly<Record<string, string>>;
}

/**
 * Makes a function hookable, for code that is not organised in modules. Values that the function names with
 * {@link site} are its sites.
 *
 * A function shows its sites only by running: declare them, or run the model once before preparing it (`call` or
 * `discover`).
 *
 * @throws UsageError `ARGUMENT_INVALID`, `FUNCTION_EXPECTED`, `FUNCTION_SITES`, `FUNCTION_SITE_NAME`, `PATH_EMPTY`.
 * @example no-run
 * const model = hookFunction((x: Tensor) => site("squares", square(x)), { sites: { squares: ["batch"] } });
 * using hooked = new ActivationCaching("squares").prepare(model);
 * hooked.call(x);
 */
export function hookFunction<A extends readonly unknown[], O>(
  fn: (...inputs: A) => O,
  options: HookFunctionOptions = {},
): FunctionModel<A, O> {
  const candidate: unknown = fn; // plain JavaScript may pass anything
  if (typeof candidate !== "function") throw notAFunction(typeName(candidate));
  checkSiteOptions("hookFunction", options, ["name", "sites", "refuses"]);
  checkArgument("hookFunction", "name", options.name, "text?");
  if (!Array.isArray(options.sites)) checkArgument("hookFunction", "sites", options.sites, "a record?");
  const own = candidate.name === "" ? "function" : candidate.name;
  return new FunctionModel(fn, options.name ?? own, options.sites ?? {}, options.refuses);
}
