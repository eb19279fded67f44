// What stands in place of d3-transition and d3-interpolate: nothing in a page moves by itself.

/** There is nothing to interrupt. */
export const interrupt = (): void => undefined;

/** Never asked: zooms have no duration. */
export const interpolateZoom = (): (() => void) => interrupt;
