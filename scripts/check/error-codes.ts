import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../command.ts";
import { findFiles } from "../workspace.ts";

// Fails when an error code of a package is named in no test.

const sources = findFiles(join(root, "packages"), [".ts"]).filter((file) => /[/\\]src[/\\]/.test(file));
const tests = findFiles(join(root, "tests"), [".test.ts"]).map((file) => readFileSync(file, "utf8"));

/** Codes that stand literally as `code: "X"`, with the file that they stand in. */
const codes = sources.flatMap((file) => {
  return [...readFileSync(file, "utf8").matchAll(/\bcode: "([A-Z0-9_]+)"/g)].map(([, code]) => ({
    code,
    file,
  }));
});

const untested = codes.filter(({ code }) => !tests.some((text) => text.includes(`"${code}"`)));
for (const { code, file } of untested) console.log(`${code} (${relative(root, file)}) is named in no test`);
if (untested.length > 0) console.log("name each code in a test that asserts on the whole message");
process.exitCode = untested.length > 0 ? 1 : 0;
