import type { Effort } from "../measure.ts";

/** What is measured of one backend and kept in results: its names, and figures by theirs. */
export type Figures<F extends object> = Readonly<Partial<F>> & {
  readonly backend: string;
  /** Threads that share in its large products, where it tells. */
  readonly threads?: number;
};

/** One thing to measure of backends. */
export interface Case<F extends object = object> {
  /** What asks for it: `pnpm bench --<name>`. */
  readonly name: string;
  /** What the figures tell. */
  readonly about: string;
  /** Backends that are measured where none are asked for. */
  readonly backends?: readonly string[];
  /** Measures what wants a process without a backend. */
  before?(): Partial<F>;
  /** Measures the backend that is loaded. */
  measure(backend: string, effort: Effort): Promise<Partial<F>>;
  /** The figures of several backends as Markdown. Cases that give the same figures have one of these in common. */
  readonly tables: (measured: readonly Figures<F>[]) => readonly string[];
}

/** A case with figures of one kind, each backend's shown by itself. They are kept under its name, as `earlyStop`. */
export function plainCase<F>(
  given: Pick<Case, "name" | "about" | "backends"> & {
    readonly measure: (effort: Effort) => Promise<F>;
    readonly render: (backend: string, figures: F) => string;
  },
): Case {
  const { measure, render, ...rest } = given;
  const field = rest.name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return {
    ...rest,
    measure: async (_, effort) => ({ [field]: await measure(effort) }),
    tables: (measured) =>
      measured.flatMap((each) => {
        const figures = (each as unknown as Readonly<Record<string, F | undefined>>)[field]; // put there by `measure`
        return figures === undefined ? [] : [render(each.backend, figures)];
      }),
  };
}
