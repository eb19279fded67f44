import type { Direction } from "@hookdict/core";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { ModelledContext, ModelledHook, ModelledProxy } from "./model.ts";
import type { Value } from "./reference.ts";
import { isTuple } from "./tape.ts";

/** Notes in contexts and proxies what hooks have seen. */
export class Captures {
  startRun(context: ModelledContext): void {
    const { captures, latest, offsets, proxies, clears } = context;
    for (const { seen, all } of proxies) {
      seen.clear();
      all.clear();
    }
    if (clears) captures.clear();
    else for (const [id, last] of latest) offsets.set(id, last + 1);
  }

  store({ site, group: { direction, owner } }: ModelledHook, value: Value, given: number): void {
    const { passes, clears, captures } = owner;
    if (passes === "first" && given > 0) return;
    const counted = passes === "all" ? given : 0;
    const number = clears ? counted : this.#goOn(owner, `${direction} ${site}`, counted);
    note(captures, keyOf(direction, site, number), value);
  }

  #goOn({ latest, offsets }: ModelledContext, id: string, given: number): number {
    const pass = (offsets.get(id) ?? 0) + given;
    latest.set(id, Math.max(latest.get(id) ?? 0, pass)); // a backward pass comes last to first
    return pass;
  }

  see(proxy: ModelledProxy, site: string, value: Value, pass: number, at: number): void {
    note(proxy.all, pass === 0 ? site : `${site}#${pass}`, value);
    const parts = (isTuple(value) ? value : [value]).map((part) => ({
      shape: part.shape,
      dtype: part.dtype as "float32",
      values: [...part.dataSync<"float32">()],
    }));
    proxy.seen.set(site, { value: parts, isTuple: isTuple(value), at });
  }
}

/** The value that a `set` at `site` takes of a proxy; `undefined` where the proxy has not seen any. */
export function copyOf(
  { seen, group }: ModelledProxy,
  site: string,
): { readonly copy: Tensor | undefined; readonly at: number } | "unseen" | "several" {
  const sites = group?.hooks.map((hook) => hook.site) ?? [];
  const source = sites.length === 1 ? sites[0] : sites.find((candidate) => candidate === site);
  if (source === undefined) return "several";
  const found = seen.get(source);
  if (found === undefined) return "unseen";
  const [part] = found.value;
  if (part === undefined || found.isTuple) return { copy: undefined, at: found.at };
  return { copy: tensor([...part.values], [...part.shape], part.dtype ?? "float32"), at: found.at };
}

function keyOf(direction: Direction, site: string, pass: number): string {
  return `${direction} ${pass === 0 ? site : `${site}#${pass}`}`;
}

/** Tensors of a tuple are noted one by one. */
function note(into: Map<string, readonly number[]>, key: string, value: Value): void {
  if (isTuple(value)) for (const [i, part] of value.entries()) note(into, `${key} ${i}`, part);
  else into.set(key, [...value.dataSync()]);
}
