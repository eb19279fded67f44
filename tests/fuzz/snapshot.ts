import type { Group, ModelledContext } from "./model.ts";

/** Takes note of contexts; the function puts them back as they were. */
export function snapshot(contexts: readonly ModelledContext[]): () => void {
  const restores = contexts.flatMap((context) => {
    const { hasEnded, captures, latest, offsets, proxies } = context;
    const groups = [...context.groups];
    return [
      restoreMap(captures),
      restoreMap(latest),
      restoreMap(offsets),
      ...proxies.flatMap(({ seen, all }) => [restoreMap(seen), restoreMap(all)]),
      ...groups.map(restoreGroup),
      () => {
        context.hasEnded = hasEnded;
        context.groups.splice(0, context.groups.length, ...groups);
      },
    ];
  });
  return () => {
    for (const restore of restores) restore();
  };
}

function restoreMap<V>(map: Map<string, V>): () => void {
  const entries = [...map];
  return () => {
    map.clear();
    for (const [key, value] of entries) map.set(key, value);
  };
}

function restoreGroup(group: Group): () => void {
  const { isDisposed, hasAdded, hooks } = group;
  const isRemoved = hooks.map((hook) => hook.isRemoved);
  return () => {
    Object.assign(group, { isDisposed, hasAdded, hooks });
    for (const [i, hook] of hooks.entries()) hook.isRemoved = isRemoved[i] ?? false;
  };
}
