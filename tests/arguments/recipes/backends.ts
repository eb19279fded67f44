import type { Recipes } from "../recipes.ts";

export const BACKENDS: Recipes = {
  subjects: {},
  right: {},
  spared: {
    BackendError: "an error: its maker is inside the package",
    backendEvents: "an emitter of eventemitter3",
    buildNative: "it builds; its arguments have tests in backends/loading",
    examineBackends: "it takes nothing",
    loadBackend: "it changes the backend; its arguments have tests in backends/loading",
    runCommandLine: "it prints and builds",
  },
};
