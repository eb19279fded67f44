/** The layer in which a site stands: the number of layers for the head; `undefined` before the first, or unknown. */
export function layerOf(path: string, layers: number): number | undefined {
  const [, layer] = /^blocks\.(\d+)(?:\.|$)/.exec(path) ?? [];
  if (layer !== undefined) return Number(layer);
  return /^(ln_final|unembed|project_out|mlm_head)(\.|$)/.test(path) ? layers : undefined;
}
