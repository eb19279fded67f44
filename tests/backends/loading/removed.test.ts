import { loadBackend } from "@hookdict/backends";
import { suite } from "../../gate/suite.ts";
import { assertLoadedAgain } from "../../support/loaded-again.ts";

const test = suite("backends that were removed");

for (const backend of ["wasm", "cpu"])
  test(`${backend} is loaded again, and computes what it did`, async () => {
    await assertLoadedAgain(backend);
    await loadBackend({ backend: "cpu" });
  });

test.run();
