/** Something whose methods are called, and what ends it. */
export interface Subject {
  readonly value: object;
  readonly end?: () => unknown;
  /** How a method is called. Default as usual. */
  readonly call?: (method: string, args: readonly unknown[]) => unknown;
}

/** Several calls one after the other, as users make them: what one took may be wrong for the next. */
export interface Use {
  /** Right arguments, among which junk is put. */
  readonly right: () => readonly unknown[];
  readonly call: (args: readonly unknown[]) => unknown;
}

/** What a package's exports need to be called with junk. */
export interface Recipes {
  /** Makes an instance of each exported class, anew for each call. */
  readonly subjects: Readonly<Record<string, () => Subject | Promise<Subject>>>;
  /** Right arguments, among which junk is put, by name: `hookFunction`, `new HookPoint`, `HookPoint.call`, `Module::of`. */
  readonly right: Readonly<Record<string, () => readonly unknown[]>>;
  /** Further calls, which junk is given to, by what they are called. */
  readonly uses?: Readonly<Record<string, Use>>;
  /** What is not called, by the same names or that of a class, and why. */
  readonly spared: Readonly<Record<string, string>>;
}

/** A subject that its own `dispose` ends, if it has one. */
export function owned(value: object): Subject {
  const { dispose } = value as { readonly dispose?: () => void };
  return typeof dispose === "function" ? { value, end: () => dispose.call(value) } : { value };
}

/** A part of something, which ends it. */
export function partOf(whole: { dispose(): void }, value: object): Subject {
  return { value, end: () => whole.dispose() };
}

/** Something for many calls, of which none can free it. */
export function lent<T extends object>(whole: T): T {
  return new Proxy(whole, {
    get(target, key) {
      const value: unknown = key === "dispose" ? () => undefined : Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
