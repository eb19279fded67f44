import { type ArgumentKind, checkArgument } from "@hookdict/tensordict";
import { type Direction, type HookEntry, type HookKind, type Site } from "@hookdict/core";
import { formatBytes, headline, LINES, showAsText } from "@hookdict/tensordict";
import { bytesOf, type Shapes } from "./scan.ts";

/** What would be hooked at one site. */
export interface PlannedSite {
  readonly path: string;
  readonly directions: readonly Direction[];
  readonly kinds: readonly HookKind[];
  /** Bytes that one run captures here; `null` when that is not known, 0 when nothing is captured. */
  readonly bytes: number | null;
}

/** What a factory would do to a model, as plain data. */
export interface PlanData {
  readonly factory: string;
  readonly model: string;
  /** How many sites the model has. */
  readonly siteCount: number;
  readonly sites: readonly PlannedSite[];
  /** Passes that one run of everything takes. */
  readonly passes: { readonly forward: number; readonly backward: number };
  /** Whether gradients are needed: the hooks then fire in `backward`, `valueAndGradInputs` or training only. */
  readonly needsGradient: boolean;
  /** Whether runs end after the last hook; see `HookingContext.stopEarly`. Those with a backward pass never do. */
  readonly stopsEarly: boolean;
  /** Bytes that one run captures; `null` when that is not known. */
  readonly bytes: number | null;
}

/** What a factory would do to a model: prints in one screen, and is plain data in JSON. */
export class Plan implements PlanData {
  static {
    showAsText(this);
  }

  readonly factory: string;
  readonly model: string;
  readonly siteCount: number;
  readonly sites: readonly PlannedSite[];
  readonly passes: PlanData["passes"];
  readonly needsGradient: boolean;
  readonly stopsEarly: boolean;
  readonly bytes: number | null;

  /** @throws UsageError `ARGUMENT_INVALID` for data of another kind, such as JSON that somebody changed */
  constructor(data: PlanData) {
    checkData(data);
    this.factory = data.factory;
    this.model = data.model;
    this.siteCount = data.siteCount;
    this.sites = data.sites;
    this.passes = data.passes;
    this.needsGradient = data.needsGradient;
    this.stopsEarly = data.stopsEarly;
    this.bytes = data.bytes;
  }

  /** At most one screen. */
  toString(): string {
    const { forward, backward } = this.passes;
    const passes =
      backward > 0 ? `${forward} forward and ${backward} backward pass` : `${forward} forward pass`;
    const ends = this.stopsEarly ? ", ending after the last hook" : "";
    const captured = this.bytes === null ? "captures of unknown size" : `captures ${formatBytes(this.bytes)}`;
    return [
      `${headline(this.factory)} on ${this.model}`,
      `${this.sites.length} of ${this.siteCount} sites; ${passes}${ends}; ${this.bytes === 0 ? "captures nothing" : captured}`,
      ...siteLines(this.sites, LINES - 2),
    ].join("\n");
  }

  toJSON(): PlanData {
    return { ...this };
  }
}

/** @throws UsageError `ARGUMENT_INVALID` */
function checkData(data: PlanData): void {
  const check = (name: string, value: unknown, kind: ArgumentKind): void =>
    checkArgument("Plan", name, value, kind);
  check("data", data, "a record");
  for (const name of ["factory", "model"] as const) check(`data.${name}`, data[name], "text");
  check("data.siteCount", data.siteCount, "a whole number, 0 or more");
  check("data.sites", data.sites, "a list");
  check("data.passes", data.passes, "a record");
  for (const name of ["forward", "backward"] as const)
    check(`data.passes.${name}`, data.passes[name], "a whole number, 0 or more");
  for (const name of ["needsGradient", "stopsEarly"] as const)
    check(`data.${name}`, data[name], "true or false");
  if (data.bytes !== null) check("data.bytes", data.bytes, "a finite number");
  data.sites.forEach((site, i) => {
    check(`data.sites[${i}]`, site, "a record");
    check(`data.sites[${i}].path`, site.path, "text");
    check(`data.sites[${i}].directions`, site.directions, "a list of texts");
    check(`data.sites[${i}].kinds`, site.kinds, "a list of texts");
    if (site.bytes !== null) check(`data.sites[${i}].bytes`, site.bytes, "a finite number");
  });
}

function siteLines(sites: readonly PlannedSite[], budget: number): readonly string[] {
  const shown = sites.length > budget ? sites.slice(0, budget - 1) : sites;
  const rows = shown.map(({ path, directions, kinds, bytes }) => [
    path,
    directions.join(", "),
    kinds.join(", "),
    bytes === null ? "unknown size" : bytes === 0 ? "" : formatBytes(bytes),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd(),
  );
  return shown.length < sites.length ? [...lines, `  … ${sites.length - shown.length} more`] : lines;
}

/** The plan of hooks that stand on a model, in the order of its sites. */
export function planOf(
  about: { readonly factory: string; readonly model: string; readonly stopsEarly: boolean },
  entries: Iterable<HookEntry>,
  sites: readonly Site[],
  shapes: Shapes | undefined,
): Plan {
  const bySite = new Map<string, HookEntry[]>();
  for (const entry of entries) {
    const { path } = entry.port.site;
    bySite.set(path, [...(bySite.get(path) ?? []), entry]);
  }
  const planned = sites.flatMap(({ path }) => {
    const here = bySite.get(path);
    return here === undefined ? [] : [plannedSite(path, here, shapes)];
  });
  const needsGradient = planned.some(({ directions }) => directions.some((name) => name.startsWith("bwd")));
  return new Plan({
    ...about,
    siteCount: sites.length,
    sites: planned,
    passes: { forward: 1, backward: needsGradient ? 1 : 0 },
    needsGradient,
    bytes: sumOf(planned.map(({ bytes }) => bytes)),
  });
}

function plannedSite(path: string, entries: readonly HookEntry[], shapes: Shapes | undefined): PlannedSite {
  return {
    path,
    directions: [...new Set(entries.map(({ direction }) => direction))],
    kinds: [...new Set(entries.map(({ kind }) => kind))],
    bytes: sumOf(entries.map((entry) => capturedBytes(entry, path, shapes))),
  };
}

function capturedBytes(
  { captures, direction, port }: HookEntry,
  path: string,
  shapes: Shapes | undefined,
): number | null {
  if (captures === undefined) return 0;
  if (captures === "unknown" || shapes === undefined || port.part !== undefined) return null; // shapes are of whole values
  const runs = (Object.hasOwn(shapes, path) ? shapes[path] : undefined) ?? []; // a site that did not run is not captured either
  const side = direction.startsWith("fwd_pre") || direction === "bwd" ? "inputs" : "outputs";
  return (captures === "one" ? runs.slice(0, 1) : runs).reduce((sum, run) => sum + bytesOf(run[side]), 0);
}

function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}
