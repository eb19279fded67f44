import type { Binding } from "@hookdict/core";
import { HookingContextWithCache } from "../capture/context-with-cache.ts";
import type { CaptureOptions } from "../capture/options.ts";
import { argumentsInvalid } from "../errors.ts";
import { type FactoryDescription, HookingContextFactory } from "../factory.ts";

/** @throws UsageError `ARGUMENTS_INVALID` for what plain JavaScript may give as a model's arguments. */
export function checkArguments(fn: string, args: unknown): void {
  if (!Array.isArray(args)) throw argumentsInvalid(fn, args);
}

/** One run, set up by a function. */
export class RunFactory extends HookingContextFactory<HookingContextWithCache> {
  readonly #name: string;
  readonly #setUp: (context: HookingContextWithCache) => void;
  readonly #options: CaptureOptions;

  constructor(name: string, setUp: (context: HookingContextWithCache) => void, options: CaptureOptions = {}) {
    super();
    this.#options = options;
    this.#name = name;
    this.#setUp = setUp;
  }

  override describe(): FactoryDescription {
    return { name: this.#name, options: {} };
  }

  protected override createContext(binding: Binding): HookingContextWithCache {
    return new HookingContextWithCache(binding, this.#options);
  }

  protected override setUp(context: HookingContextWithCache): void {
    this.#setUp(context);
  }
}
