import { openSafetensors } from "@hookdict/tensordict/io";
import type { Hookable } from "@hookdict/core";
import { type DataType, keep, tensor, type Tensor, type TypedArray } from "@tensorflow/tfjs-core";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Item } from "../area.ts";

/** One entry of `methods/cases.json`. */
export interface MethodCase {
  readonly name: string;
  readonly area: string;
  readonly file: string;
  readonly model: string;
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, string>>;
  readonly tolerance: Readonly<Record<string, { readonly atol: number; readonly rtol: number }>>;
}

/** What a file holds under a key. */
interface Stored {
  readonly shape: number[];
  readonly dtype: DataType;
  readonly data: TypedArray;
}

/** The values of one file: read once, made tensors where they are asked for. */
export class Values {
  readonly #path: string;
  readonly #stored = new Map<string, Stored>();
  readonly #tensors = new Map<string, Tensor>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads the file, the first time. */
  async load(): Promise<this> {
    if (this.#stored.size > 0) return this;
    await using store = await openSafetensors(this.#path);
    for (const name of store.entries.keys()) {
      const read: Tensor = await store.tensor(name);
      this.#stored.set(name, { shape: read.shape, dtype: read.dtype, data: read.dataSync() });
      read.dispose();
    }
    return this;
  }

  /** A tensor by its key. **Ownership:** *borrowed* until `dispose`. */
  get(key: string): Tensor {
    const known = this.#tensors.get(key);
    if (known !== undefined) return known;
    const stored = this.#stored.get(key);
    if (stored === undefined) throw new Error(`${this.#path} has no ${key}`);
    const made = keep(tensor(stored.data, stored.shape, stored.dtype));
    this.#tensors.set(key, made);
    return made;
  }

  /** Tensors whose key begins so, by the rest of it; *borrowed*. */
  below(prefix: string): Record<string, Tensor> {
    const keys = [...this.#stored.keys()].filter((key) => key.startsWith(prefix));
    return Object.fromEntries(keys.map((key) => [key.slice(prefix.length), this.get(key)]));
  }

  /** Frees the tensors; what was read stays. */
  dispose(): void {
    for (const each of this.#tensors.values()) each.dispose();
    this.#tensors.clear();
  }
}

/** Which cases are gone through, and with which models. */
export interface Selection {
  /** Default all. */
  readonly only?: (given: MethodCase) => boolean;
  /** In place of the small models of parts. **Ownership:** *borrowed*. */
  readonly model?: Hookable<readonly Tensor[], Tensor>;
}

/** What a case is computed with. Tensors are *borrowed*. */
export interface Given {
  /** In place of the case's small model. */
  readonly model: Selection["model"];
  readonly case: MethodCase;
  /** The case's options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The small models' weights. */
  readonly models: Values;
  readonly folder: string;
  readonly values: Values;
  readonly input: (role: string) => Tensor;
  readonly has: (role: string) => boolean;
}

/** Computes what a case expects, by role. **Ownership:** returns owned. */
export type Compute = (given: Given) => Promise<Readonly<Record<string, Tensor>>>;

/** The items of one area: every case of the file, each computed by what is registered for its method. */
export async function caseItems(
  folder: string,
  area: string,
  methods: Readonly<Record<string, Compute>>,
  { only = () => true, model }: Selection = {},
): Promise<readonly Item[]> {
  const { cases } = JSON.parse(await readFile(join(folder, "methods/cases.json"), "utf8")) as {
    readonly cases: readonly MethodCase[];
  };
  const models = new Values(join(folder, "methods/models.safetensors"));
  const values = new Values(join(folder, `methods/${area}.safetensors`));
  return cases
    .filter((each) => each.area === area && only(each))
    .map((each) => ({
      name: each.name,
      check: async () => {
        await models.load();
        await values.load();
        try {
          return await checkCase(each, methods[each.method], { models, values, folder, model });
        } finally {
          models.dispose();
          values.dispose();
        }
      },
    }));
}

async function checkCase(
  given: MethodCase,
  compute: Compute | undefined,
  { values, ...others }: Pick<Given, "models" | "values" | "folder" | "model">,
): Promise<readonly string[]> {
  if (compute === undefined) return [`nothing computes ${given.method}`];
  const found = await compute({
    case: given,
    options: given.options,
    ...others,
    values,
    has: (role) => given.inputs[role] !== undefined,
    input: (role) => values.get(given.inputs[role] ?? `no input ${role}`),
  });
  try {
    return Object.entries(given.expected).flatMap(([role, key]) => {
      const each = found[role];
      if (each === undefined) return [`${role} is not computed`];
      return differences(role, each, values.get(key), given.tolerance[role] ?? { atol: 0, rtol: 0 });
    });
  } finally {
    for (const each of Object.values(found)) each.dispose();
  }
}

function differences(
  role: string,
  found: Tensor,
  wanted: Tensor,
  { atol, rtol }: { readonly atol: number; readonly rtol: number },
): readonly string[] {
  if (found.shape.join() !== wanted.shape.join())
    return [`${role} has shape [${found.shape.join()}] instead of [${wanted.shape.join()}]`];
  const [a, b] = [found.dataSync(), wanted.dataSync()];
  let worst = -1;
  let excess = 0;
  let count = 0;
  for (let i = 0; i < b.length; i++) {
    const over = Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)) - (atol + rtol * Math.abs(b[i] ?? 0));
    if (!(over <= 0)) count++;
    if (!(over <= excess)) [worst, excess] = [i, over];
  }
  return worst < 0
    ? []
    : [`${role}: ${count} of ${b.length} differ, [${worst}] is ${a[worst]} instead of ${b[worst]}`];
}
