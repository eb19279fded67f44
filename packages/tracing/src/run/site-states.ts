import { compilePattern, type HookTarget, type Pattern, type Site } from "@hookdict/core";
import { type BatchAxes, declaredAxis } from "../batch/axis.ts";
import { siteUnknown } from "./errors.ts";
import { SiteState } from "./site-state.ts";

/** What traces have given back, by the sites that it is of: most models stay as they are from one trace to the next. */
const spare = new WeakMap<readonly Site[], SiteStates>();

/** The sites of a model as one trace sees them. */
export class SiteStates {
  readonly sites: readonly Site[];
  /** Those that take hooks: the very list of all, where all do. */
  readonly hookable: readonly Site[];
  readonly #target: HookTarget;
  readonly #isPlain: boolean;
  readonly #byPath = new Map<string, SiteState>();
  readonly #tapped = new Set<string>();

  /** Those of a model. @throws UsageError for a bad pattern */
  static of(target: HookTarget, axes: BatchAxes = []): SiteStates {
    const sites = target.sites();
    const found = axes.length === 0 ? spare.get(sites) : undefined;
    if (found === undefined) return new SiteStates(target, sites, axes);
    spare.delete(sites); // two traces have two
    return found;
  }

  /** Lets a later trace have it. */
  giveBack(): void {
    if (this.#isPlain && this.#tapped.size === 0) spare.set(this.sites, this);
  }

  private constructor(target: HookTarget, sites: readonly Site[], axes: BatchAxes) {
    this.#target = target;
    this.sites = sites;
    this.hookable = hookableOf(target, sites);
    this.#isPlain = axes.length === 0;
    const declared = axes.map(([pattern, axis]) => ({ matcher: compilePattern(pattern), axis }));
    for (const site of this.sites) {
      const found = declared.find(({ matcher }) => matcher.matches(site));
      const state = new SiteState(site, found === undefined ? declaredAxis(site) : found.axis);
      this.#byPath.set(site.path, state);
      for (const alias of site.aliases ?? []) this.#byPath.set(alias, state);
    }
  }

  /** Notes the sites whose gradients are taken. */
  tap(sites: readonly Site[]): void {
    for (const { path } of sites) this.#tapped.add(path);
  }

  isTapped({ path }: SiteState): boolean {
    return this.#tapped.has(path);
  }

  /** The state of a site; `undefined` for one that came after the trace was opened. */
  get(path: string): SiteState | undefined {
    return this.#byPath.get(path);
  }

  /** @throws MatchError `TRACE_SITE`; UsageError `HOOKS_REFUSED` */
  require(path: unknown, body: { readonly name: string }): SiteState {
    const text = typeof path === "string" ? path : "";
    const state = this.#byPath.get(text) ?? this.#byPath.get(text.replaceAll("/", "."));
    if (state === undefined) throw siteUnknown(body.name, path, this.sites);
    if (this.hookable !== this.sites) this.#target.assertHookable(state.site);
    return state;
  }

  /** The sites that contain a site, outermost first. */
  above(path: string): readonly SiteState[] {
    const segments = path.split(".");
    return segments.flatMap((_, i) =>
      i === 0 ? [] : (this.#byPath.get(segments.slice(0, i).join(".")) ?? []),
    );
  }

  /** States of sites that a pattern matches. */
  matching(pattern: Pattern): readonly SiteState[] {
    const { matches } = compilePattern(pattern);
    return this.sites.filter((site) => matches(site)).flatMap(({ path }) => this.#byPath.get(path) ?? []);
  }

  hasRun(state: SiteState, epoch: number): boolean {
    return state.epoch === epoch && state.hasRun;
  }

  /** Paths of the sites that have run. */
  ran(epoch: number): readonly string[] {
    return this.sites
      .map(({ path }) => path)
      .filter((path) => {
        const state = this.#byPath.get(path);
        return state !== undefined && this.hasRun(state, epoch);
      });
  }
}

/** The sites that take hooks; the very list where all do. */
export function hookableOf(target: HookTarget, sites: readonly Site[]): readonly Site[] {
  return sites.every((site) => target.isHookable(site))
    ? sites
    : sites.filter((site) => target.isHookable(site));
}
