import { told } from "../../checks/errors.ts";
import { fields, type Fit } from "../../checks/fit.ts";
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

  /** Whether its fields are what they should be; a fault where one is not. Nothing else can be asked of the block then. */
  fits(shape: Readonly<Record<string, Fit>>): boolean {
    const misfit = fields(shape)(this.#block, "");
    if (misfit !== undefined) this.add(`${told(misfit)}, not ${misfit.wanted}`);
    return misfit === undefined;
  }

  /** The length of an axis; 0 and a fault where there is no such axis. */
  axis(field: string, name: string): number {
    const axis = Object.hasOwn(this.#d.axes, name) ? this.#d.axes[name] : undefined;
    if (axis === undefined) this.add(`${field} names the axis ${JSON.stringify(name)}, which there is not`);
    return axis?.labels.length ?? 0;
  }

  scale(name: string): void {
    if (!Object.hasOwn(this.#d.scales, name)) this.add(`its scale ${JSON.stringify(name)} is not there`);
  }

  /** Numbers or texts that must be as many as the sizes multiplied; `undefined` is nothing to check. */
  count(field: string, values: Numbers | readonly unknown[] | undefined, sizes: readonly number[]): void {
    const wanted = sizes.reduce((product, size) => product * size, 1);
    if (values !== undefined && values.length !== wanted)
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
