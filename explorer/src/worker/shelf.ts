import { type Description, overview } from "@hookdict/viz";
import type { Sent } from "../messages.ts";

interface Held {
  readonly place: string;
  readonly d: Description;
}

/** Pictures that are too large to be sent: the page has their overviews, and asks for the rest by their handles. */
export class Shelf {
  readonly #held = new Map<number, Held>();
  /** A page may still have handles of a worker that ended: these are none of this one's. */
  #next = Math.floor(Math.random() * 2 ** 40);

  /** What the page is sent of a picture. What was held of its place before is let go. */
  keep(place: string, d: Description): Sent {
    this.clear((each) => each === place);
    const seen = overview(d);
    if (seen.windows.length === 0) return { overview: seen };
    const handle = this.#next;
    this.#next += 1;
    this.#held.set(handle, { place, d });
    return { overview: seen, handle };
  }

  /** The whole of a picture. @throws Error in words where a newer one has taken its place. */
  get(handle: number): Description {
    const held = this.#held.get(handle);
    if (held === undefined) throw new Error("This picture was replaced by a newer one.");
    return held.d;
  }

  /** Lets go of places; of all unless told which. */
  clear(isGone: (place: string) => boolean = () => true): void {
    for (const [handle, { place }] of this.#held) if (isGone(place)) this.#held.delete(handle);
  }

  /** Bytes of numbers that are held. */
  get bytes(): number {
    const sizes = [...this.#held.values()].flatMap(({ d }) =>
      d.blocks.flatMap((block) =>
        Object.values(block).map((each: unknown) => (each instanceof Float32Array ? each.byteLength : 0)),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}
