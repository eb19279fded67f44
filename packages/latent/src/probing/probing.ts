import {
  type CaptureOptions,
  type ContextClass,
  defineContext,
  HookingContextWithCache,
  option,
} from "@hookdict/contexts";
import { type Direction, DIRECTIONS } from "@hookdict/core";
import { isTensor, TensorDict } from "@hookdict/tensordict";
import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import type { TwoSites } from "../estimators/bilinear.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { rowsDiffer } from "../rows/errors.ts";
import { needRows } from "../rows/rows.ts";
import type { StreamingEstimator } from "../streaming/streaming.ts";
import { probeCannot, probeValuesMissing } from "./errors.ts";

/** What a probe is of: one site, or two of them, in one direction. */
export interface ProbePlace {
  readonly direction: Direction;
  readonly path: string;
  /** The second site, of probes of two. */
  readonly other?: string;
}

/** What stands at a place: an estimator of one site or of two, or one that sees a batch at a time. */
export type Probe = Estimator | Estimator<TwoSites> | StreamingEstimator;

/** Options of {@link Probing}, besides those of captures. */
export interface ProbingOptions extends CaptureOptions {
  /** Makes the estimator of a place, when it is first fitted. */
  readonly estimator: (place: ProbePlace) => Probe;
  /** What is probed at each site. Default `["fwd"]`. */
  readonly directions?: readonly Direction[];
  /** Probes of two sites each, by their paths, in place of one for each site; the pattern matches all of these. */
  readonly pairs?: readonly (readonly [string, string])[];
  /** How many leading axes of the values, and of the labels, are rows: 1 for examples, 2 for their positions. Default 1. */
  readonly rowAxes?: number;
  /** Where probes are kept, by `direction path`, or `direction path other`: share it, and what one context fits another scores. */
  readonly probes?: Map<string, Probe>;
}

type Begun = Pick<Required<ProbingOptions>, "estimator" | "rowAxes">;

/** The context of {@link Probing}: probes of what the last run captured. */
export class ProbingContext extends HookingContextWithCache {
  #options: Begun = {
    estimator: () => unset(),
    rowAxes: 1,
  };
  #places: readonly ProbePlace[] = [];
  #probes: Map<string, Probe> = new Map();

  /** @internal */
  begin(places: readonly ProbePlace[], options: Begun, probes: Map<string, Probe> | undefined): void {
    this.#places = places;
    this.#options = options;
    if (probes !== undefined) this.#probes = probes;
  }

  /** The probes that have been made, by `direction path`, or `direction path other`. */
  get probes(): ReadonlyMap<string, Probe> {
    return this.#probes;
  }

  /**
   * Fits each probe to what the last run captured: from scratch, or, of estimators that see a batch at a time, with this batch more.
   * **Ownership:** borrows labels: `[n]`, `[n, outputs]`, or with as many leading axes as rows have.
   *
   * @throws KeyError `PROBE_VALUES_MISSING` before a run; ShapeError `ROWS_DIFFER`; what the estimators throw
   */
  async fit(labels: Tensor): Promise<void> {
    for (const place of this.#places) {
      const key = keyOf(place);
      const probe = this.#probes.get(key) ?? this.#options.estimator(place);
      await this.#with<unknown>(place, labels, (x, y) =>
        "update" in probe ? probe.update(x as Tensor, y) : (probe as Estimator<unknown>).fit(x, y),
      );
      this.#probes.set(key, probe);
    }
  }

  /**
   * How good each probe is on what the last run captured, by its key. **Ownership:** borrows labels.
   *
   * @throws UsageError `PROBE_CANNOT` for probes that have not been fitted, or have no `score`; and like `fit`
   */
  async score(labels: Tensor): Promise<Readonly<Record<string, number>>> {
    const found: Record<string, number> = {};
    for (const place of this.#places) {
      const probe = this.#fitted(place, "score");
      found[keyOf(place)] = await this.#with(place, labels, (x, y) => probe.score(x, y));
    }
    return found;
  }

  /**
   * What each probe predicts of what the last run captured, under `[direction, path]`, or `[direction, path, other]`.
   * **Ownership:** returns owned.
   *
   * @throws UsageError `PROBE_CANNOT`; KeyError `PROBE_VALUES_MISSING`
   */
  predict(): TensorDict {
    const found = new TensorDict();
    try {
      for (const place of this.#places) {
        const probe = this.#fitted(place, "predict");
        const rows = this.#rowsOf(place);
        try {
          const { direction, path, other } = place;
          found.set([direction, path, ...(other === undefined ? [] : [other])], probe.predict(given(rows)));
        } finally {
          for (const one of rows) one.dispose();
        }
      }
      return found;
    } catch (error) {
      found.dispose();
      throw error;
    }
  }

  #fitted(place: ProbePlace, action: "predict" | "score"): Estimator<unknown> {
    const probe = this.#probes.get(keyOf(place));
    if (probe === undefined || !(action in probe)) throw probeCannot(keyOf(place), action, probe?.name);
    return probe as Estimator<unknown>;
  }

  /** Values of a place as rows, `[n, ...]`. **Ownership:** returns owned. @throws KeyError `PROBE_VALUES_MISSING` */
  #rowsOf({ direction, path, other }: ProbePlace): Tensor[] {
    const values = [path, ...(other === undefined ? [] : [other])].map((name) => {
      const value = this.cache.get<unknown, undefined>([direction, name], undefined);
      if (!isTensor(value)) throw probeValuesMissing(direction, name);
      return value;
    });
    return values.map((value) => asRows(value, this.#options.rowAxes));
  }

  async #with<T>(place: ProbePlace, labels: Tensor, use: (x: unknown, y: Tensor) => Promise<T>): Promise<T> {
    needRows("Probing", "labels", labels);
    const rows = this.#rowsOf(place);
    const y = asRows(labels, Math.min(this.#options.rowAxes, labels.rank));
    try {
      const [n = 0] = rows[0]?.shape ?? [];
      if (y.shape[0] !== n) throw rowsDiffer("Probing", n, "labels", y.shape[0] ?? 0);
      return await use(given(rows), y);
    } finally {
      for (const one of [...rows, y]) one.dispose();
    }
  }
}

const keyOf = ({ direction, path, other }: ProbePlace): string =>
  [direction, path, ...(other === undefined ? [] : [other])].join(" ");

const given = (rows: readonly Tensor[]): unknown => (rows.length === 1 ? rows[0] : rows);

function asRows(x: Tensor, axes: number): Tensor {
  const rows = x.shape.slice(0, axes).reduce((product, size) => product * size, 1);
  return reshape(x, [rows, ...x.shape.slice(axes)]);
}

function unset(): never {
  throw new TypeError("a context is begun by its factory");
}

/**
 * Probes at every matched site, fitted and scored by what passes: `hooked.call(x)` runs the model, and `hooked.context.fit(labels)`,
 * `score(labels)` or `predict()` use what it captured. Alain and Bengio, arXiv 1610.01644.
 *
 * @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example no-run
 * using hooked = new Probing("blocks.*.hook_resid_post", { estimator: () => new LogisticRegression() }).prepare(model);
 * hooked.call(tokens).dispose();
 * await hooked.context.fit(labels);
 * await hooked.context.score(labels);
 */
export const Probing: ContextClass<ProbingOptions, ProbingContext> = defineContext({
  name: "Probing",
  captures: true,
  context: ProbingContext,
  options: {
    estimator: option.fn<ProbingOptions["estimator"]>().required(),
    directions: option
      .list(option.direction(), 1)
      .wants(`a list of directions, such as ${JSON.stringify(DIRECTIONS.slice(0, 2))}`)
      .default(["fwd"]),
    pairs: option.list(
      option.of<readonly [string, string]>(
        "two paths",
        (value) =>
          Array.isArray(value) && value.length === 2 && value.every((path) => typeof path === "string"),
      ),
    ),
    rowAxes: option.number({ min: 1, integer: true }).default(1),
    probes: option.of<Map<string, Probe>>("a Map", (value) => value instanceof Map),
  },
  setUp(context, options, pattern) {
    const sites = context.sites(pattern);
    const { directions, pairs } = options;
    for (const direction of directions) context.capture({ sites }, direction);
    const places = directions.flatMap((direction): readonly ProbePlace[] =>
      pairs === undefined
        ? sites.map(({ path }) => ({ direction, path }))
        : pairs.map(([path, other]) => ({ direction, path, other })),
    );
    context.begin(places, options, options.probes);
  },
});
