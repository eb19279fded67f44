import { type Hookable, type Site } from "@hookdict/core";
import {
  checkArgument,
  checkOptionNames,
  TensorDict,
  tensorsOf,
  headline,
  showAsText,
} from "@hookdict/tensordict";
import { dispose, type Tensor, tensor1d, tidy, type Variable } from "@tensorflow/tfjs-core";
import { checkSpecs, kindOf } from "./check.ts";
import { trainableSource } from "./errors.ts";
import { fromDict, toDict, weightIn } from "./file.ts";
import { Part, type PositionPair } from "./place.ts";
import { type Read, reader, runChanged, type SiteChange } from "./runs.ts";
import { scheduled } from "./schedule.ts";
import type { TrainableSpec, TrainableSpecs } from "./spec.ts";
import { chosenOf, linkOf, startWeights } from "./weights.ts";

/** What a run of interventions is given. **Ownership:** *borrows* all tensors. */
export interface TrainableInputs<A extends readonly unknown[]> {
  /** The arguments of the run that is changed. */
  readonly base: A;
  /** The arguments of the runs that values are taken from, by name. */
  readonly sources?: Readonly<Record<string, A>>;
  /** Where on the axis `pos`, for each intervention in order; `undefined`, or left out, for all of it. */
  readonly positions?: readonly (PositionPair | undefined)[];
}

/** Options of {@link TrainableInterventions}. */
export interface TrainableOptions {
  /** Of the weights' first values. Default 0. */
  readonly seed?: number;
}

/** What comes to a site, and with what. */
interface Step {
  readonly spec: TrainableSpec;
  readonly positions: PositionPair | undefined;
  readonly read: Read;
}

/**
 * Interventions that are data with weights: they are trained through the model's runs, and saved and loaded as one
 * safetensors file.
 *
 * **Ownership:** owns its weights until it is disposed.
 *
 * @example
 * const spec = { interventions: [{ kind: "lowRankRotation", at: "hook_x", width: 4, rank: 2 }] };
 * using interventions = new TrainableInterventions(spec);
 * interventions.variables.map(({ shape }) => shape); // => [[2, 4]]
 */
export class TrainableInterventions implements Disposable {
  static {
    showAsText(
      this,
      ({ spec }) =>
        `TrainableInterventions(${headline(spec.interventions.map(({ kind }) => kind).join(", "))})`,
    );
  }

  /** The data: a copy of its own. */
  readonly spec: TrainableSpecs;
  readonly #weights: ReadonlyMap<string, Readonly<Record<string, Variable>>>;
  #step = 0;

  /** @throws UsageError `TRAINABLE_SPEC`, `TRAINABLE_LINK` */
  constructor(spec: TrainableSpecs, options: TrainableOptions = {}) {
    checkOptionNames("TrainableInterventions", options, ["seed"]);
    const { seed = 0 } = options;
    checkArgument("TrainableInterventions", "seed", seed, "a finite number");
    this.spec = JSON.parse(JSON.stringify(checkSpecs(spec)), (_, part: unknown) =>
      Object.freeze(part),
    ) as TrainableSpecs;
    this.#weights = startWeights(this.spec.interventions, seed);
  }

  /** The weights, for an optimizer. **Ownership:** *borrowed*. */
  get variables(): readonly Variable[] {
    return [...this.#weights.values()].flatMap((weights) => Object.values(weights));
  }

  /** The weights of an intervention by name. **Ownership:** *borrowed*. */
  weightsOf(index: number): Readonly<Record<string, Variable>> {
    checkArgument("weightsOf", "index", index, "a whole number, 0 or more");
    const { interventions } = this.spec;
    const spec = interventions[index];
    return spec === undefined ? {} : (this.#weights.get(linkOf(spec, index)) ?? {});
  }

  /** How far training is: temperatures go by it. */
  get step(): number {
    return this.#step;
  }

  set step(step: number) {
    checkArgument("step", "step", step, "a finite number");
    this.#step = step;
  }

  /**
   * Runs the sources and then the base, which is changed on its way. Gradients flow to the weights.
   *
   * **Ownership:** borrows; returns owned by the active scope.
   *
   * @throws UsageError `TRAINABLE_SOURCE`, `TRAINABLE_UNREACHED`; ShapeError `TRAINABLE_SHAPE`, `TRAINABLE_POSITIONS`; MatchError.
   */
  run<A extends readonly unknown[], O>(model: Hookable<A, O>, inputs: TrainableInputs<A>): O {
    checkOptionNames("run", inputs, ["base", "sources", "positions"]);
    checkArgument("run", "base", inputs.base, "a list");
    checkArgument("run", "sources", inputs.sources, "a record?");
    checkArgument("run", "positions", inputs.positions, "a list?");
    const steps = this.#steps(inputs);
    let output: O | undefined;
    try {
      tidy(() => {
        const isSerial = this.spec.mode === "serial";
        output = isSerial ? this.#serial(model, inputs, steps) : this.#parallel(model, inputs, steps);
        return tensorsOf(output);
      });
      return output as O; // set above
    } finally {
      for (const { read } of steps) read.value?.dispose();
    }
  }

  #parallel<A extends readonly unknown[], O>(
    model: Hookable<A, O>,
    inputs: TrainableInputs<A>,
    steps: readonly Step[],
  ): O {
    const names = new Set(steps.flatMap(({ spec }) => this.#sourceOf(spec) ?? []));
    for (const name of names) {
      const readers = steps.filter(({ spec }) => this.#sourceOf(spec) === name);
      const args = this.#argsOf(inputs, name);
      runChanged(
        model,
        args,
        readers.map(({ spec, read }) => reader(spec.at, read)),
        `the source ${name}`,
      );
    }
    return runChanged(
      model,
      inputs.base,
      steps.map((step) => this.#changeOf(step)),
      "the base",
    );
  }

  #serial<A extends readonly unknown[], O>(
    model: Hookable<A, O>,
    inputs: TrainableInputs<A>,
    steps: readonly Step[],
  ): O {
    let before: SiteChange[] = [];
    for (const step of steps) {
      const name = this.#sourceOf(step.spec);
      if (name !== undefined) {
        const read = reader(step.spec.at, step.read);
        runChanged(model, this.#argsOf(inputs, name), [...before, read], `the source ${name}`);
      }
      before = [this.#changeOf(step)];
    }
    return runChanged(model, inputs.base, before, "the base");
  }

  #steps<A extends readonly unknown[]>({ positions = [] }: TrainableInputs<A>): readonly Step[] {
    return this.spec.interventions.map((spec, i) => ({
      spec,
      positions: positions[i],
      read: { value: undefined },
    }));
  }

  #sourceOf(spec: TrainableSpec): string | undefined {
    return kindOf(spec).hasSource ? (spec.source ?? "source") : undefined;
  }

  /** @throws UsageError `TRAINABLE_SOURCE` */
  #argsOf<A extends readonly unknown[]>({ sources = {} }: TrainableInputs<A>, name: string): A {
    const args = Object.hasOwn(sources, name) ? sources[name] : undefined;
    if (args === undefined) throw trainableSource(name, Object.keys(sources));
    return args;
  }

  #changeOf({ spec, positions, read }: Step): SiteChange {
    const kind = kindOf(spec);
    const weights = this.weightsOf(this.spec.interventions.indexOf(spec));
    const change = (value: Tensor, site: Site): Tensor =>
      tidy(() => {
        const part = new Part(site, spec, positions?.base);
        const source =
          read.value === undefined ? undefined : new Part(site, spec, positions?.source).take(read.value);
        const temperature = spec.temperature === undefined ? 1 : scheduled(spec.temperature, this.#step);
        const chosen = tensor1d(chosenOf(spec, kind.dims(spec)));
        return part.put(value, kind.change({ base: part.take(value), source, weights, chosen, temperature }));
      });
    return { path: spec.at, change };
  }

  /** A TensorDict with the data and copies of the weights. **Ownership:** returns owned. */
  toTensorDict(): TensorDict {
    return toDict(this.spec, this.#step, this.#weights);
  }

  /** Writes data and weights as one safetensors file. */
  async save(to: Parameters<TensorDict["save"]>[0]): Promise<void> {
    const dict = this.toTensorDict();
    try {
      await dict.save(to);
    } finally {
      dict.dispose();
    }
  }

  /** Reads what `save` has written. **Ownership:** returns owned. @throws FormatError `TRAINABLE_FILE` */
  static async load(from: Parameters<typeof TensorDict.load>[0]): Promise<TrainableInterventions> {
    const dict = await TensorDict.load(from);
    try {
      return TrainableInterventions.fromTensorDict(dict);
    } finally {
      dict.dispose();
    }
  }

  /** From what `toTensorDict` gives. **Ownership:** borrows; returns owned. @throws FormatError `TRAINABLE_FILE` */
  static fromTensorDict(dict: TensorDict): TrainableInterventions {
    checkArgument("fromTensorDict", "dict", dict, "a TensorDict");
    const { spec, step } = fromDict(dict);
    const made = new TrainableInterventions(spec);
    try {
      made.#step = step;
      for (const [link, weights] of made.#weights)
        for (const [name, weight] of Object.entries(weights))
          weight.assign(weightIn(dict, link, name, weight));
      return made;
    } catch (error) {
      made.dispose();
      throw error;
    }
  }

  /** Frees the weights. Twice is nothing. */
  dispose(): void {
    dispose(this.variables.filter(({ isDisposed }) => !isDisposed));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
