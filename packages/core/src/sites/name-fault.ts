/** Why the name of a part of a model gives no path. */
export type NameFault =
  | { readonly kind: "empty" }
  | { readonly kind: "repeat" }
  | { readonly kind: "taken"; readonly path: string; readonly by: string };

/** @param part What has the path that is taken: "node" or "layer". */
export function formatNameFault(fault: NameFault, part: string): string {
  if (fault.kind === "empty") return 'nothing is left of it between "." and "/"';
  if (fault.kind === "repeat") return "it ends like the key of a later pass";
  return `the path ${fault.path} belongs to the ${part} ${JSON.stringify(fault.by)}`;
}
