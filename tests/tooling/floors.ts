import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";

/** What each package stands on, besides what that stands on. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  backends: [],
  tensordict: [],
  core: ["tensordict"],
  contexts: ["core"],
  models: ["core"],
  viz: ["core"],
  tracing: ["contexts"],
  latent: ["contexts"],
  attribution: ["contexts"],
  weights: ["contexts"],
  circuits: ["models", "latent", "attribution", "weights"],
  harvest: ["contexts", "models", "latent"],
};

/** A floor's rooms, side by side; the folders of one room know each other. `"."` is the package's own folder. */
type Floor = readonly (readonly string[])[];

/** Floors of the packages that have several, from the ground up: what stands on one imports from those below. */
export const FLOORS: Readonly<Record<string, readonly Floor[]>> = {
  core: [
    [["sites"]],
    [["weights"]],
    [["runs"], ["gradients"]],
    [["hooks"]],
    [["targets"]],
    [["modules"], ["layers"], ["graph"], ["functions"]],
    [["hooked"]],
    [["td-modules"]],
    [["testing"]],
    [["."]],
  ],
  tensordict: [
    [["errors"]],
    [["text"]],
    [["lifetime"]],
    [["values"]],
    [["tensors"], ["io"]],
    [["tree"]],
    [["shape"]],
    [["math"], ["host"]],
    [["file"]],
    [["shards"]],
    [["."]],
  ],
};

export interface Source {
  /** Path below `packages`, such as `core/src/hooks/slot.ts`. */
  readonly path: string;
  readonly text: string;
}

/** The sources of all packages. */
export function sourcesIn(root: string): readonly Source[] {
  return readdirSync(root).flatMap((name) =>
    readdirSync(join(root, name, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => ({
        path: `${name}/src/${file.replaceAll("\\", "/")}`,
        text: readFileSync(join(root, name, "src", file), "utf8"),
      })),
  );
}

/** Imports, by value or by type, that go sideways or upwards, and folders that have no floor. */
export function violations(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((source) =>
    importsOf(source.text).flatMap((from) => {
      const reason = from.startsWith(".") ? within(source.path, from) : between(source.path, from);
      return reason === undefined ? [] : [`${source.path} imports ${from}: ${reason}`];
    }),
  );
}

/** Of import and export declarations, dynamic imports and imports of types. */
function importsOf(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

function between(path: string, from: string): string | undefined {
  const wanted = /^@hookdict\/([^/]+)/.exec(from)?.[1];
  const own = path.split("/")[0] ?? "";
  if (wanted === undefined || wanted === own) return undefined;
  if (!(own in PACKAGES)) return `the package ${own} has no floor`;
  return standsOn(own, wanted) ? undefined : `${own} does not stand on ${wanted}`;
}

function standsOn(name: string, wanted: string): boolean {
  return (PACKAGES[name] ?? []).some((below) => below === wanted || standsOn(below, wanted));
}

function within(path: string, from: string): string | undefined {
  const target = normalize(join(path, "..", from)).replaceAll("\\", "/");
  const [name = ""] = path.split("/");
  if (!target.startsWith(`${name}/src/`)) return `it is outside of ${name}/src`;
  const floors = FLOORS[name];
  const [own, other] = [folderOf(path), folderOf(target)];
  if (floors === undefined || own === other) return undefined;
  const [here, there] = [placeOf(floors, own), placeOf(floors, other)];
  if (here === undefined) return `the folder ${own} has no floor`;
  if (there === undefined) return `the folder ${other} has no floor`;
  if (there.floor < here.floor || there.room === here.room) return undefined;
  return `${own} does not stand on ${other}`;
}

function folderOf(path: string): string {
  const [, , ...rest] = path.split("/");
  return rest.length > 1 ? (rest[0] ?? "") : ".";
}

function placeOf(
  floors: readonly Floor[],
  folder: string,
): { readonly floor: number; readonly room: readonly string[] } | undefined {
  for (const [floor, rooms] of floors.entries()) {
    const room = rooms.find((folders) => folders.includes(folder));
    if (room !== undefined) return { floor, room };
  }
  return undefined;
}
