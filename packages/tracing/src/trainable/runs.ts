import { Binding, type Hookable, resolveTarget, type Site } from "@hookdict/core";
import { keptClone } from "@hookdict/tensordict/tensors";
import { type Tensor } from "@tensorflow/tfjs-core";
import { trainableUnreached } from "./errors.ts";

/** What is done to the value of a site in one run. */
export interface SiteChange {
  readonly path: string;
  change(value: Tensor, site: Site): Tensor;
}

/** Runs the model with changes, in order. **Ownership:** borrows; returns owned by the active scope. */
export function runChanged<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  changes: readonly SiteChange[],
  name: string,
): O {
  const target = resolveTarget(model);
  using binding = new Binding(target, "TrainableInterventions");
  const reached = new Set<string>();
  for (const item of changes) {
    const { path } = item;
    binding.hook(path, "fwd", {
      run: (value: Tensor, { site }) => {
        reached.add(path);
        return item.change(value, site);
      },
    });
  }
  const output = target.call(args);
  const missing = changes.find(({ path }) => !reached.has(path));
  if (missing !== undefined) throw trainableUnreached(missing.path, name);
  return output;
}

/** A value of a run. **Ownership:** owned by whoever reads. */
export interface Read {
  value: Tensor | undefined;
}

/** A change that only looks. A site that runs again is read anew. */
export function reader(path: string, into: Read): SiteChange {
  return {
    path,
    change: (value) => {
      into.value?.dispose();
      into.value = keptClone(value);
      return value;
    },
  };
}
