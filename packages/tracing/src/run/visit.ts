import { share } from "@hookdict/tensordict/tensors";
import { describeValue, isTensor, mapTensors, tensorsOf } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { BatchAxis } from "../batch/axis.ts";
import { type Batch, type Group, joined, narrow, type Part, rowsFit, widen } from "../batch/groups.ts";
import type { Moment, Phase } from "./site-state.ts";

/** What a visit is of: a site, or the model's result. */
export interface Visited {
  readonly path: string;
  readonly axis: BatchAxis;
}

/**
 * One value on its way through a site: bodies read it and put others in its place, each its own rows. Rows are joined
 * once, when somebody needs them all.
 */
export class Visit {
  readonly site: Visited;
  readonly phase: Phase;
  readonly moment: Moment;
  /** What bodies have put in place of outputs before they were computed. **Ownership:** the bodies'. */
  skips: readonly Part[] = [];
  isChanged = false;
  readonly #batch: Batch;
  #whole: unknown;
  #parts: readonly Part[] = [];

  /** **Ownership:** borrows `value`. */
  constructor(site: Visited, phase: Phase, moment: Moment, value: unknown, batch: Batch) {
    this.site = site;
    this.phase = phase;
    this.moment = moment;
    this.#whole = value;
    this.#batch = batch;
  }

  /** All rows, as the bodies so far have left them. **Ownership:** *borrowed*: the run's. */
  whole(): unknown {
    if (this.#parts.length > 0) {
      this.#whole = widen(this.#whole, this.#parts, this.site.axis, this.#batch, this.site.path);
      this.#parts = [];
    }
    return this.#whole;
  }

  /** A tensor of which a group has all rows; `undefined` for anything else. **Ownership:** returns owned by the active scope. */
  shareWhole(group: Group | undefined): Tensor | undefined {
    const isWhole = group === undefined && this.#parts.length === 0;
    return isWhole && isTensor(this.#whole) ? share(this.#whole) : undefined;
  }

  /** A group's rows. **Ownership:** returns owned by the active scope. */
  take(group: Group | undefined): unknown {
    if (group === undefined) return mapTensors(this.whole(), share);
    const part = this.#parts.find((other) => other.group === group);
    if (part !== undefined) return mapTensors(part.value, share);
    return narrow(this.#whole, this.site.axis, group, this.#batch, this.site.path);
  }

  get hasTensors(): boolean {
    return tensorsOf(this.#whole).length > 0;
  }

  /** Whether a value can stand in place of a group's rows. @throws ShapeError `TRACE_BATCH` */
  fits(group: Group | undefined, value: unknown): boolean {
    return rowsFit(this.#whole, value, this.site, group, this.#batch);
  }

  /** What a group's rows are like. */
  describe(group: Group | undefined): string {
    const rows = this.take(group);
    const told = describeValue(rows);
    for (const tensor of tensorsOf(rows)) tensor.dispose();
    return told;
  }

  /** Puts a value in place of a group's rows. **Ownership:** borrows it; handles on it are the active scope's. */
  put(group: Group | undefined, value: unknown): void {
    this.isChanged = true;
    const own = mapTensors(value, share);
    if (group === undefined || this.site.axis === null) {
      this.#parts = [];
      this.#whole = own;
    } else this.#parts = [...this.#parts.filter((part) => part.group !== group), { group, value: own }];
  }

  /** Notes a value for the output of a group, which then need not be computed. **Ownership:** borrows it. */
  skip(group: Group | undefined, value: unknown): void {
    const { total } = this.#batch;
    const all = group ?? { start: 0, size: total };
    this.skips = [
      ...(group === undefined ? [] : this.skips.filter((part) => part.group !== group)),
      { group: all, value },
    ];
  }

  /** The output that was put in place of all rows; `undefined` when some are left. **Ownership:** as `widen`. */
  skippedOutput(): { readonly output: unknown } | undefined {
    const { skips, site } = this;
    const [first, ...later] = skips;
    if (first === undefined) return undefined;
    const { total } = this.#batch;
    if (site.axis === null) return { output: skips.at(-1)?.value };
    if (first.group.size === total)
      return {
        output:
          later.length === 0 ? first.value : widen(first.value, later, site.axis, this.#batch, site.path),
      };
    const covered = skips.reduce((rows, { group }) => rows + group.size, 0);
    return covered === total ? { output: joined(skips, site.axis) } : undefined;
  }
}
