import {
  getBackend,
  getKernelsForBackend,
  type KernelConfig,
  type NamedTensorInfoMap,
  registerKernel,
  unregisterKernel,
} from "@tensorflow/tfjs-core";

/** What one kernel took for inputs of one shape, other kernels that it called left out. */
export interface KernelTime {
  readonly kernel: string;
  /** Shapes of the inputs: `[128,768] [768,3072]`. */
  readonly shapes: string;
  readonly calls: number;
  readonly ms: number;
}

/**
 * Runs `fn` and gives what each kernel of the current backend took in it, longest first.
 *
 * `tf.profile` counts a kernel that calls another one twice, and tells kernels of one name apart by nothing.
 */
export function timeKernels(fn: () => void): KernelTime[] {
  const backend = getBackend();
  const kernels = getKernelsForBackend(backend);
  const clock = new Clock();
  const replace = (change: (kernel: KernelConfig) => KernelConfig): void => {
    for (const kernel of kernels) {
      unregisterKernel(kernel.kernelName, backend);
      registerKernel(change(kernel));
    }
  };
  try {
    replace((kernel) => clock.watch(kernel));
    fn();
  } finally {
    replace((kernel) => kernel);
  }
  return clock.times();
}

class Clock {
  readonly #times = new Map<string, { calls: number; ms: number }>();
  /** Time of the kernels that the running one has called so far. */
  #inner = 0;

  watch(kernel: KernelConfig): KernelConfig {
    return {
      ...kernel,
      // Registering would run it again.
      setupFunc: () => undefined,
      kernelFunc: (params) => {
        const before = this.#inner;
        this.#inner = 0;
        const start = performance.now();
        try {
          return kernel.kernelFunc(params);
        } finally {
          const elapsed = performance.now() - start;
          this.#add(`${kernel.kernelName}\n${shapesOf(params.inputs)}`, elapsed - this.#inner);
          this.#inner = before + elapsed;
        }
      },
    };
  }

  times(): KernelTime[] {
    return [...this.#times]
      .map(([key, time]) => {
        const [kernel = "", shapes = ""] = key.split("\n");
        return { kernel, shapes, ...time };
      })
      .sort((a, b) => b.ms - a.ms);
  }

  #add(key: string, ms: number): void {
    const { calls, ms: before } = this.#times.get(key) ?? { calls: 0, ms: 0 };
    this.#times.set(key, { calls: calls + 1, ms: before + ms });
  }
}

function shapesOf(inputs: NamedTensorInfoMap): string {
  return Object.values(inputs)
    .flatMap((input) => (input ? [`[${input.shape.join(",")}]`] : []))
    .join(" ");
}
