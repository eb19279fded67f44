/** Options of `hookGraph`. */
export interface HookGraphOptions {
  /** Names of outputs' axes, outermost first, by path or glob; the first that matches a node holds. */
  readonly axes?: Readonly<Record<string, readonly string[]>>;
  /** Paths that stand in for nodes' names, by the name. */
  readonly names?: Readonly<Record<string, string>>;
  /** Why nobody may put a hook at a node, by path or glob; whoever tries is told. Default everybody may. */
  readonly refuses?: Readonly<Record<string, string>>;
  /** Whether the model's constants, its weights among them, are sites. Default `false`. */
  readonly constants?: boolean;
  /** Whether the model's placeholders, through which its inputs come, are sites. Default `false`. */
  readonly placeholders?: boolean;
}
