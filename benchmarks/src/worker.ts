import { loadBackend } from "@hookdict/backends";
import { dispatch } from "./cases/dispatch.ts";
import { forwardSmall, forwardTiny } from "./cases/forward.ts";
import { prepare } from "./cases/prepare.ts";
import type { BackendFigures } from "./report.ts";

// Measures one backend, in a process of its own; the last line of its output is the figures as JSON.

const [name = "wasm", small = "small"] = process.argv.slice(2);
// First, so that it is cold: nothing has compiled a pattern or walked a model yet.
const prepared = prepare();
const backend = await loadBackend({ backend: name });
const effort =
  backend.name === "cpu" ? { rounds: 1, warmups: 0 } : { rounds: 15, warmups: 2, budgetMs: 90_000 };
const figures: BackendFigures = {
  backend: backend.name,
  dispatch: await dispatch(),
  prepare: prepared,
  forward: [await forwardTiny(), ...(small === "small" ? [await forwardSmall(effort)] : [])],
};
console.log(JSON.stringify(figures));
