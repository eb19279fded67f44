/** Longer than any worker took that came up at all, once it has what it runs. */
const PATIENCE_MS = 10_000;

const CURE =
  "The page's minifier may have changed TensorFlow.js's code, which starts its workers from its own text: " +
  'with Vite, set build: { minify: "esbuild" }; or ask for threads: 1';

/** The part of a page's workers that is looked at. */
interface PageWorker {
  postMessage(...message: unknown[]): void;
  terminate(): void;
  addEventListener(event: "error", listener: (error: { readonly message?: string }) => void): void;
}

interface Page {
  Worker?: new (...args: unknown[]) => PageWorker;
}

/**
 * Watches the workers that a page starts from now on until `end` is called: `fault` resolves when one of them fails, or
 * has been given its program and none is up 10 seconds later. TensorFlow.js itself would wait for ever.
 */
export function watchWorkers(): { readonly fault: Promise<string>; end(): void } {
  const page = globalThis as Page;
  const { Worker: original } = page;
  let settleWith: (fault: string) => void = () => undefined;
  const fault = new Promise<string>((resolve) => void (settleWith = resolve));
  if (original === undefined) return { fault, end: () => undefined };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const workers: PageWorker[] = [];
  const settle = (why: string): void => {
    for (const worker of workers) worker.terminate();
    settleWith(`its workers did not start (${why}). ${CURE}`);
  };
  const arm = (): void => {
    timer ??= setTimeout(() => settle(`none was up after ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
  };
  page.Worker = new Proxy(original, {
    construct(target, args: unknown[], newTarget) {
      const worker = Reflect.construct(target, args, newTarget) as PageWorker;
      workers.push(worker);
      worker.addEventListener("error", ({ message }) => settle(message ?? "no reason given"));
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (...message) => {
        arm();
        post(...message);
      };
      return worker;
    },
  });
  return {
    fault,
    end: () => {
      clearTimeout(timer);
      page.Worker = original;
    },
  };
}
