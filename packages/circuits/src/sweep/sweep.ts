import type { Binding, Hookable, HookTarget } from "@hookdict/core";
import { HookedModule } from "@hookdict/core";
import {
  type FactoryDescription,
  HookingContext,
  HookingContextFactory,
  type PrepareOptions,
} from "@hookdict/contexts";
import { checkArgument, checkOptionNames, type TensorDict } from "@hookdict/tensordict";
import { checkPrompts, checkWork } from "../arguments.ts";
import { optionWrong } from "../errors.ts";
import { type Metric, metricsOf } from "../runs/metric.ts";
import { drive, driveAsync } from "../runs/work.ts";
import type { SweepPlan } from "./plan.ts";
import type { MatchedTable, PromptPairs, Replacement } from "./prepared.ts";
import { planSweep, runSweep, type SweepOptions } from "./run.ts";
import { isBasis, type PatchTable } from "./table.ts";

/** Options of {@link PatchingSweep}. */
export interface PatchingSweepOptions {
  /** What is patched: one grid of cells, or several. */
  readonly tables: PatchTable | readonly PatchTable[];
  /** By what it is judged: one number for each prompt, or several, of the same runs. */
  readonly metrics: Metric | readonly Metric[];
  /**
   * What is put in place: the clean prompts' values, or, for ablations, zeros or the mean of both sides' values over all
   * prompts, at each position. Default `"clean"`.
   */
  readonly replaceBy?: Replacement;
}

/** The context of a sweep: it has no hooks but in its own runs. */
export class SweepContext extends HookingContext {
  readonly tables: readonly MatchedTable[];
  readonly metrics: readonly Metric[];
  readonly replaceBy: Replacement;

  constructor(
    binding: Binding,
    tables: readonly MatchedTable[],
    metrics: readonly Metric[],
    options: PrepareOptions & { readonly replaceBy: Replacement },
  ) {
    checkArgument("SweepContext", "options", options, "a record");
    super(binding, options.unmatched);
    this.replaceBy = options.replaceBy;
    this.tables = tables;
    this.metrics = metrics;
  }
}

/** A model with a sweep on it: besides being called, it sweeps. */
export class SweepModule<
  A extends readonly unknown[] = readonly unknown[],
  O = unknown,
  M = unknown,
> extends HookedModule<A, O, SweepContext, M> {
  /**
   * Runs every cell.
   *
   * **Ownership:** *borrows* the prompts; *returns owned*: under each table's name `values` float32 `[metric, pair, ...axes]`,
   * `axes` and `labels`; under `baselines` the metrics of `clean` and `corrupt` themselves, `[metric, pair]`.
   *
   * @throws ShapeError `PROMPTS_UNEQUAL`, `METRIC_SHAPE`, `SWEEP_GRID`, `SWEEP_BASIS`, `CIRCUIT_POSITION`; UsageError `SWEEP_AXIS`,
   * `SWEEP_BUDGET`; MatchError `SWEEP_UNFIRED`; LifetimeError `CIRCUIT_ABORTED`; what the model throws.
   */
  sweep(prompts: PromptPairs, options: SweepOptions = {}): TensorDict {
    this.context.binding.assertLive("sweep");
    return drive(this.#work(prompts, options));
  }

  /** {@link SweepModule.sweep} that lets other work in between its runs. **Ownership** and errors as there. */
  async sweepAsync(prompts: PromptPairs, options: SweepOptions = {}): Promise<TensorDict> {
    this.context.binding.assertLive("sweepAsync");
    return driveAsync(this.#work(prompts, options));
  }

  /**
   * What a sweep of these prompts takes: it runs both sides once, and no cell.
   *
   * **Ownership:** *borrows* the prompts. Errors as of {@link SweepModule.sweep}.
   */
  plan(prompts: PromptPairs, options: SweepOptions = {}): SweepPlan {
    this.context.binding.assertLive("plan");
    const { tables, metrics, replaceBy } = this.context;
    const terms = { ...checked(prompts, options), replaceBy };
    return drive(planSweep(this.#target, prompts, tables, metrics, terms));
  }

  #work(prompts: PromptPairs, options: SweepOptions): ReturnType<typeof runSweep> {
    const { tables, metrics, replaceBy } = this.context;
    return runSweep(this.#target, prompts, tables, metrics, { ...checked(prompts, options), replaceBy });
  }

  get #target(): HookTarget {
    return this.hookTarget();
  }
}

function checked(prompts: PromptPairs, options: SweepOptions): SweepOptions {
  checkPrompts("PatchingSweep", prompts);
  checkWork("PatchingSweep", options, ["memory"]);
  const { memory = 1 } = options;
  if (typeof memory !== "number" || !(memory > 0))
    throw optionWrong("PatchingSweep", "memory", memory, "a number of bytes above 0");
  return options;
}

/**
 * Activation patching over grids of cells (Meng et al. 2022; Wang et al. 2022): in each cell one piece of the clean run's
 * activations is put into the corrupt run, and metrics tell how much of the answer comes back. Gives what one run for each cell
 * gives, in fewer: a run begins at the layer that is patched, with the stream that the corrupt run had there, cells are rows of
 * one batch, the head runs where metrics read it, and cells that change nothing do not run.
 *
 * Other hooks on the model stand in every run; patches come behind them.
 *
 * @throws UsageError `CIRCUIT_OPTION`, `METRIC_INVALID`; from `prepare` MatchError `PATTERN_UNMATCHED`.
 * @example
 * using model = await loadModel("examples/ioi-patching/model");
 * const clean = model.tokens("When Mary and John went to the store , John gave a drink to");
 * const corrupt = model.tokens("When Mary and John went to the store , Mary gave a drink to");
 * const metrics = logitDifference(model.tokenizer.single("Mary"), model.tokenizer.single("John"));
 * using hooked = new PatchingSweep({ tables: patchTables(["resid_pre"]), metrics }).prepare(model);
 * using result = hooked.sweep({ clean, corrupt });
 * result.get(["resid_pre", "values"]).shape; // => [1, 1, 4, 15]
 * clean.dispose();
 * corrupt.dispose();
 */
export class PatchingSweep extends HookingContextFactory<SweepContext> {
  readonly #tables: readonly PatchTable[];
  readonly #metrics: readonly Metric[];
  readonly #replaceBy: Replacement;

  constructor(options: PatchingSweepOptions) {
    super();
    checkOptionNames("PatchingSweep", options, ["tables", "metrics", "replaceBy"]);
    const { tables, metrics, replaceBy = "clean" } = options;
    if (!["clean", "zero", "mean"].includes(replaceBy))
      throw optionWrong("PatchingSweep", "replaceBy", replaceBy, '"clean", "zero" or "mean"');
    this.#replaceBy = replaceBy;
    this.#tables = tablesOf(tables);
    this.#metrics = metricsOf("PatchingSweep", metrics);
  }

  override describe(): FactoryDescription {
    return {
      name: "PatchingSweep",
      options: { tables: this.#tables, metrics: this.#metrics, replaceBy: this.#replaceBy },
    };
  }

  override prepare<A extends readonly unknown[], O, M>(
    model: Hookable<A, O, M>,
    options: PrepareOptions = {},
  ): SweepModule<A, O, M> {
    const hooked = super.prepare(model, options);
    return new SweepModule(hooked.hookTarget(), hooked.context);
  }

  protected override createContext(binding: Binding, options: PrepareOptions): SweepContext {
    const tables = this.#tables.map((table) => ({
      table,
      sites: binding.sites(table.sites, options.unmatched),
    }));
    return new SweepContext(binding, tables, this.#metrics, { ...options, replaceBy: this.#replaceBy });
  }

  protected override setUp(): void {
    // Hooks stand in its own runs alone.
  }
}

function tablesOf(given: unknown): readonly PatchTable[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isTable = (each: unknown): each is PatchTable =>
    typeof each === "object" &&
    each !== null &&
    "name" in each &&
    typeof each.name === "string" &&
    "sites" in each &&
    "axes" in each &&
    Array.isArray(each.axes);
  const wrong = list.findIndex((each) => !isTable(each));
  const names = list.map((each) => (isTable(each) ? each.name : ""));
  if (list.length === 0 || wrong >= 0 || new Set(names).size < names.length || names.includes("baselines"))
    throw optionWrong(
      "PatchingSweep",
      "tables",
      wrong < 0 ? list : list[wrong],
      'tables of different names, such as { name, sites: "blocks.*.hook_resid_pre", axes: ["layer", "pos"] }',
    );
  const tables = list as readonly PatchTable[]; // each was looked at
  for (const { name, basis } of tables)
    if (basis !== undefined && !isBasis(basis))
      throw optionWrong(
        "PatchingSweep",
        `basis of ${name}`,
        basis,
        "{ vectors, strength }, vectors float32 [width, rank] with orthonormal columns",
      );
  return tables;
}
