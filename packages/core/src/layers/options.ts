/** Options of `hookLayers`. */
export interface HookLayersOptions {
  /** Names of outputs' axes, outermost first, by path or glob; the first that matches a layer holds. */
  readonly axes?: Readonly<Record<string, readonly string[]>>;
  /** Paths that stand in for layers' names, by the name. */
  readonly names?: Readonly<Record<string, string>>;
  /** Why nobody may put a hook at a layer, by path or glob; whoever tries is told. Default everybody may. */
  readonly refuses?: Readonly<Record<string, string>>;
}
