import type { SitePart } from "../hooks/site-part.ts";
import type { HookSlot } from "../hooks/slot.ts";
import type { Matcher } from "../sites/pattern.ts";
import type { Site } from "../sites/site.ts";
import { mountTaken } from "./errors.ts";
import type { Mount } from "./mount.ts";

/** The sites that owners of hooks have added to a model. */
export class Mounts {
  readonly #all: Mount[] = [];

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /**
   * Adds some; what it returns takes them off.
   *
   * @param taken Paths of the sites that there are.
   * @throws UsageError `MOUNT_TAKEN`
   */
  add(model: string, mount: Mount, taken: ReadonlySet<string>): () => void {
    const twice = mount.sites().find(({ path }) => taken.has(path));
    if (twice !== undefined) throw mountTaken(model, twice.path);
    this.#all.push(mount);
    return () => void this.#all.splice(this.#all.indexOf(mount), 1);
  }

  sites(): readonly Site[] {
    return this.#all.flatMap((mount) => mount.sites());
  }

  /** Those that a pattern matches; parts that it names are made. */
  matching(matcher: Matcher): readonly Site[] {
    for (const mount of this.#all) mount.grow(matcher);
    return this.sites().filter((site) => matcher.matches(site));
  }

  slotAt(site: Site): HookSlot | undefined {
    return firstOf(this.#all, (mount) => mount.slotAt(site));
  }

  partAt(site: Site): SitePart | undefined {
    return firstOf(this.#all, (mount) => mount.partAt?.(site));
  }
}

function firstOf<T>(mounts: readonly Mount[], ask: (mount: Mount) => T | undefined): T | undefined {
  for (const mount of mounts) {
    const found = ask(mount);
    if (found !== undefined) return found;
  }
  return undefined;
}
