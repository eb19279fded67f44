import type { AnyBlock, Description, Numbers } from "../../description/types.ts";

/** Collects what does not fit in a block. */
export class Faults {
  readonly #d: Description;
  readonly #block: AnyBlock;
  readonly #found: string[] = [];

  constructor(d: Description, block: AnyBlock) {
    this.#d = d;
    this.#block = block;
  }

  /** The length of an axis; 0 and a fault where there is no such axis. */
  axis(field: string, name: unknown): number {
    const axis = typeof name === "string" ? this.#d.axes[name] : undefined;
    if (axis === undefined) this.add(`${field} names the axis ${JSON.stringify(name)}, which there is not`);
    return axis?.labels.length ?? 0;
  }

  scale(name: unknown): void {
    if (typeof name !== "string" || this.#d.scales[name] === undefined)
      this.add(`its scale ${JSON.stringify(name)} is not there`);
  }

  /** Numbers or texts that must be as many as the sizes multiplied; `undefined` is nothing to check. */
  count(
    field: string,
    values: Numbers | readonly unknown[] | undefined,
    sizes: readonly number[],
    isNeeded = false,
  ): void {
    const wanted = sizes.reduce((product, size) => product * size, 1);
    if (values === undefined) {
      if (isNeeded) this.add(`${field} is missing`);
      return;
    }
    if (!Array.isArray(values) && !(values instanceof Float32Array)) this.add(`${field} is no list`);
    else if (values.length !== wanted)
      this.add(`${field} has ${values.length} items and needs ${formatSizes(sizes)}`);
  }

  add(fault: string): void {
    this.#found.push(`${this.#block.block} ${JSON.stringify(this.#block.id)}: ${fault}`);
  }

  get all(): readonly string[] {
    return this.#found;
  }
}

function formatSizes(sizes: readonly number[]): string {
  const wanted = sizes.reduce((product, size) => product * size, 1);
  return sizes.length < 2 ? String(wanted) : `${sizes.join(" × ")} = ${wanted}`;
}
